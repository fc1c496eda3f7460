using Akka.Actor;
using Kcopyd.Actors.Faults;
using Kcopyd.Actors.Jobs;
using Kcopyd.Actors.TestKit;
using Xunit;

namespace Kcopyd.Actors.Tests.Simulation;

/// <summary>Interleavings that once broke a promise, each told as a short story in a simulated world.</summary>
public sealed class Races_should : IDisposable
{
    private readonly World _world = new(1, new SimulationOptions { LogLevel = "OFF", RecordedMessages = 0 });
    private readonly Node _node;
    private readonly List<CopyResult> _results = [];

    public Races_should()
    {
        _node = _world.AddNode("races", SimulationRun.Quiet);
        _world.RunUntilIdle();
    }

    public void Dispose() => _world.Dispose();

    [Fact]
    public void not_start_a_sub_job_of_a_job_that_is_known_to_have_failed()
    {
        // The first destination fails, the second hangs, and the job waits for room for its next sub-job, which then comes up.
        var client = Client(settings => settings with { SubJobSize = 4096, MaxSubJobs = 2 });
        var room = new HangingDevice(4096);
        client.Copy(room.Whole(), [BlockDevice.Memory(4096).Whole()], CopyFlags.None, _results.Add);
        var source = new CountingDevice(BlockDevice.Memory(64 * 1024));
        var bad = BlockDevice.Memory(64 * 1024).WithErrors(new ByteRange(0, 4096));
        var hanging = new HangingDevice(64 * 1024);
        client.Copy(source.Whole(), [bad.Whole(), hanging.Whole()], CopyFlags.None, _results.Add);
        _world.RunUntilIdle();
        room.Go();
        _world.RunUntilIdle();
        Assert.Equal(1, source.Reads);
        hanging.Go();
        _world.RunUntilIdle();
        Assert.Equal(2, _results.Count);
    }

    [Fact]
    public void blame_the_destinations_if_a_writer_dies_while_its_part_waits_for_its_turn()
    {
        var client = Client(settings => settings with { SubJobSize = 4096 });
        var hanging = new HangingDevice(64 * 1024);
        client.Zero([hanging.Whole(), BlockDevice.Memory(64 * 1024).Whole()], CopyFlags.Sequential, _results.Add);
        _world.RunUntilIdle();
        foreach (var writer in ((ActorRefWithCell)client.Actor).Children.Where(child => child.Path.Name.EndsWith("writer-1", StringComparison.Ordinal)))
            writer.Tell(PoisonPill.Instance);
        _world.RunUntilIdle();
        hanging.Go();
        _world.RunUntilIdle();
        var result = Assert.Single(_results);
        Assert.False(result.ReadError);
        Assert.Null(result.ReadFault);
        Assert.NotEqual(0UL, result.WriteErrors);
        Assert.Equal(IoError.WorkerCrashed, result.Destinations[0].Fault?.Error ?? result.Destinations[1].Fault?.Error);
    }

    [Fact]
    public void end_a_job_whose_reader_was_killed_also_if_it_ignores_errors()
    {
        var client = Client(settings => settings with { SubJobSize = 4096, SubJobsPerJob = 1 });
        var source = new HangingDevice(64 * 1024);
        client.Copy(source.Whole(), [BlockDevice.Memory(64 * 1024).Whole()], CopyFlags.IgnoreError, _results.Add);
        _world.RunUntilIdle();
        ((ActorRefWithCell)client.Actor).Children.First(child => !child.Path.Name.Contains("writer", StringComparison.Ordinal)).Tell(PoisonPill.Instance);
        _world.RunUntilIdle();
        var result = Assert.Single(_results);
        Assert.Equal(IoError.WorkerCrashed, result.ReadFault?.Error);
        Assert.Equal(0, result.Destinations[0].Bytes);  // nothing behind the hole: who sees read_err without a list must not look for more
    }

    [Fact]
    public void not_hire_a_crew_again_whose_writer_threw_after_it_met_an_error()
    {
        var client = Client(settings => settings with { SubJobSize = 4096, SubJobsPerJob = 1, MaxSubJobs = 1 });
        var broken = new FailThenThrowDevice(8192);
        client.Copy(BlockDevice.Memory(8192).Whole(), [broken.Whole()], CopyFlags.IgnoreError, _results.Add);
        client.Copy(BlockDevice.Memory(4096).Whole(), [BlockDevice.Memory(4096).Whole()], CopyFlags.None, _results.Add);
        _world.RunUntilIdle();
        Assert.Equal(2, _results.Count);
        Assert.True(_results.Single(result => result.Length == 4096).IsSuccess, "an innocent job got the dying writer");
    }

    [Fact]
    public void not_keep_a_shared_throttle_busy_after_a_client_was_stopped_with_io_in_flight()
    {
        var throttle = new KcopydThrottle(percent: 50);
        var stopped = Client(throttle: throttle);
        stopped.Copy(new HangingDevice(4096).Whole(), [BlockDevice.Memory(4096).Whole()], CopyFlags.None, _results.Add);
        _world.RunUntilIdle();
        ((IInternalActorRef)stopped.Actor).Stop();
        _world.RunUntilIdle();
        Assert.True(Assert.Single(_results).ReadError);

        var other = Client(throttle: throttle);
        _world.Elapse(TimeSpan.FromSeconds(3));
        other.Copy(BlockDevice.Memory(4096).Whole(), [BlockDevice.Memory(4096).Whole()], CopyFlags.None, _results.Add);
        for (var i = 0; i < 100; i++)
        {
            _world.RunUntilIdle();
            _world.Elapse(TimeSpan.FromMilliseconds(100));
        }
        Assert.Equal(2, _results.Count);
    }

    [Fact]
    public void live_on_if_a_progress_subscriber_throws()
    {
        var client = Client();
        var device = new HangingDevice(4096);
        var job = client.Copy(device.Whole(), [BlockDevice.Memory(4096).Whole()], CopyFlags.None, _results.Add);
        job.SubscribeProgress(new ThrowingProgress(), TimeSpan.FromSeconds(1));
        _world.RunUntilIdle();
        device.Go();
        _world.RunUntilIdle();
        Assert.True(Assert.Single(_results).IsSuccess);
        Assert.False(client.IsClosed);
    }

    [Fact]
    public void not_say_that_a_client_is_destroyed_before_every_queued_job_was_told()
    {
        var client = Client();
        var destroyed = Task.CompletedTask;
        var early = false;
        ((IInternalActorRef)client.Actor).Stop();
        client.Copy(BlockDevice.Memory(4096).Whole(), [BlockDevice.Memory(4096).Whole()], CopyFlags.None, (CopyResult result) =>
        {
            early = destroyed.IsCompleted;
            _results.Add(result);
        });
        destroyed = client.DestroyAsync();
        _world.RunUntilIdle();
        Assert.Single(_results);
        Assert.False(early);
        Assert.True(destroyed.IsCompleted);
    }

    [Fact]
    public void refuse_a_request_that_names_no_destinations_at_all()
    {
        var client = Client();
        var answers = new List<object>();
        var inbox = new Inbox(((ExtendedActorSystem)_node.System).Provider, answers.Add);
        client.Actor.Tell(new KcopydProtocol.Zero(null!), inbox);
        client.Actor.Tell(new KcopydProtocol.Zero([null!]), inbox);
        _world.RunUntilIdle();
        Assert.Collection(answers.Cast<CopyResult>(),
            result => Assert.Contains("(Parameter 'to')", result.Refusal, StringComparison.Ordinal),
            result => Assert.Contains("to[0]", result.Refusal, StringComparison.Ordinal));
        Assert.False(client.IsClosed);
    }

    [Fact]
    public void set_the_bit_of_a_destination_that_was_written_but_not_flushed_when_its_job_was_cancelled()
    {
        var client = Client();
        var slow = new HangingDevice(4096);
        var job = client.Copy(slow.Whole(), [BlockDevice.Memory(4096).Whole()], CopyFlags.Flush, _results.Add);
        _world.RunUntilIdle();
        job.Cancel();
        _world.RunUntilIdle();
        slow.Go();
        _world.RunUntilIdle();
        var result = Assert.Single(_results);
        Assert.True(result.IsCancelled);
        Assert.Equal(1UL, result.WriteErrors);
        Assert.Equal(4096, result.Destinations[0].Bytes);
    }

    [Fact]
    public void not_call_a_job_cancelled_that_was_whole_before_the_cancel_took_hold()
    {
        var client = Client();
        var slow = new HangingDevice(4096);
        var job = client.Copy(slow.Whole(), [BlockDevice.Memory(4096).Whole()], CopyFlags.None, _results.Add);
        _world.RunUntilIdle();
        job.Cancel();
        _world.RunUntilIdle();
        slow.Go();
        _world.RunUntilIdle();
        Assert.True(Assert.Single(_results).IsSuccess);
    }

    [Fact]
    public void tell_every_job_and_token_if_a_bug_breaks_the_client_itself()
    {
        var client = Client();
        client.Copy(new HangingDevice(4096).Whole(), [BlockDevice.Memory(4096).Whole()], CopyFlags.None, _results.Add);
        var fired = 0;
        client.PrepareCallback((readError, writeErrors, _) => fired += readError && writeErrors == ulong.MaxValue ? 1 : 100);
        client.Copy(new HangingDevice(4096).Whole(), [BlockDevice.Memory(4096).Whole()], CopyFlags.None, _results.Add);
        _world.RunUntilIdle();
        client.Actor.Tell(new MemberDied(null!, ActorRefs.Nobody));     // as good a bug as any
        _world.RunUntilIdle();
        Assert.Equal([IoError.ClientStopped, IoError.ClientStopped], _results.Select(result => result.ReadFault?.Error).Order());
        Assert.Equal(1, fired);
        Assert.True(client.DestroyAsync().IsCompleted);
        Assert.Throws<KcopydClientClosedException>(() => client.PrepareCallback((_, _, _) => { }));
    }

    [Fact]
    public void live_on_if_a_device_cannot_even_say_its_name()
    {
        var client = Client();
        client.Copy(BlockDevice.Memory(4096).Whole(), [new NamelessDevice(4096).Whole()], CopyFlags.None, _results.Add);
        _world.RunUntilIdle();
        Assert.Equal(IoError.Io, Assert.Single(_results).Destinations[0].Fault?.Error);
        Assert.False(client.IsClosed);
    }

    private KcopydClient Client(Func<KcopydSettings, KcopydSettings>? change = null, KcopydThrottle? throttle = null)
    {
        var settings = _node.System.Kcopyd().Settings;
        var client = _node.System.Kcopyd().CreateClient(settings: change?.Invoke(settings) ?? settings, throttle: throttle);
        _world.RunUntilIdle();
        return client;
    }

    private sealed class ThrowingProgress : IProgress<JobProgress>
    {
        public void Report(JobProgress value) => throw new InvalidOperationException("A subscriber that throws.");
    }
}
