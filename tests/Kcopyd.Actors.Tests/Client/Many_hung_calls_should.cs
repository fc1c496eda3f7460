using System.Collections.Concurrent;
using Kcopyd.Actors.Faults;
using Kcopyd.Actors.Tests.Devices;
using Xunit;

namespace Kcopyd.Actors.Tests.Client;

/// <summary>Many clients use one disk that hangs, with more calls than the engine may have threads.</summary>
public sealed class Many_hung_calls_should() : EngineSpec($$"""
    few-threads {
      type = Dispatcher, throughput = 30, threads = {{Threads}}, max-threads = {{MaxThreads}}
      executor = "Kcopyd.Actors.Threads.EngineThreadsConfigurator, Kcopyd.Actors"
    }
    kcopyd.client { dispatcher = few-threads, worker-dispatcher = few-threads }
    """)
{
    private const int Threads = 2, MaxThreads = 6, MaxCalls = MaxThreads - Threads;
    private const int Clients = 4, JobsOfEach = 8;

    private readonly BlockingDevice _hung = new(BlockDevice.Memory(Piece, name: "hung"), IoOperations.Read | IoOperations.Write);
    private readonly ConcurrentQueue<CopyResult> _results = new();

    [Fact]
    public async Task leave_threads_for_actors()
    {
        var (clients, _) = await Hang();
        foreach (var client in clients)
            Assert.Equal("hung", (await Soon(client.GetStatusAsync())).OldestIo!.Device);
        var (source, copy) = (Random(Piece), BlockDevice.Memory(Piece));
        Assert.True((await Soon(Client().CopyAsync(source.Whole(), Whole(copy)))).IsSuccess);
        Assert.True(source.Bytes.SequenceEqual(copy.Bytes));
        Assert.Equal(MaxCalls, _hung.Blocked);
        Assert.Empty(_results);
    }

    [Fact]
    public async Task be_made_when_others_return()
    {
        await Hang();
        _hung.Go();
        await Until(() => _results.Count == Clients * JobsOfEach);
        Assert.All(_results, result => Assert.True(result.IsSuccess, result.ToString()));
        Assert.Equal(Clients * JobsOfEach, _hung.Calls);
    }

    [Fact]
    public async Task not_keep_clients_that_are_stopped_from_notifying_each_job_once()
    {
        var (clients, _) = await Hang();
        clients.ForEach(client => Sys.Stop(client.Actor));
        await Until(() => _results.Count >= Clients * JobsOfEach);
        Assert.All(_results, result => Assert.Equal(IoError.ClientStopped, result.ReadFault!.Error));
        await AssertWhatWaitedIsNotMade();
    }

    [Fact]
    public async Task not_hold_cancelled_jobs_longer_than_the_timeout()
    {
        var (clients, jobs) = await Hang();
        jobs.ForEach(job => job.Cancel());
        await Until(() => _results.Count >= Clients * JobsOfEach);
        Assert.All(_results, result => Assert.Equal((true, IoError.TimedOut), (result.IsCancelled, result.ReadFault!.Error)));
        foreach (var client in clients)
            await Soon(client.DestroyAsync());
        await AssertWhatWaitedIsNotMade();
    }

    protected override void AfterAll()
    {
        _hung.Go();
        base.AfterAll();
    }

    private async Task<(List<KcopydClient> Clients, List<KcopydJob> Jobs)> Hang()
    {
        var clients = Enumerable.Range(0, Clients).Select(_ => Client(settings => settings with { CancelTimeout = TimeSpan.FromMilliseconds(50) })).ToList();
        var jobs = clients.SelectMany(client => Enumerable.Range(0, JobsOfEach).Select(
            _ => client.Copy(_hung.Whole(), Whole(BlockDevice.Memory(Piece)), CopyFlags.None, _results.Enqueue))).ToList();
        await Until(() => _hung.Blocked >= MaxCalls);
        foreach (var client in clients)
            await Until(async () => (await Soon(client.GetStatusAsync())).SubJobsInFlight == JobsOfEach);
        return (clients, jobs);
    }

    // After a job's notification its regions belong to others.
    private async Task AssertWhatWaitedIsNotMade()
    {
        _hung.Go();
        await Until(() => _hung.Blocked == 0);
        Assert.True((await Soon(Client().CopyAsync(_hung.Whole(), Whole(BlockDevice.Memory(Piece))))).IsSuccess);       // queued behind all waiting calls
        Assert.Equal(MaxCalls + 1, _hung.Calls);
        Assert.Equal(Clients * JobsOfEach, _results.Count);
    }
}
