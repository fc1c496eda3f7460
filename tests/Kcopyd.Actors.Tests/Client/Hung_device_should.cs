using System.Collections.Concurrent;
using Akka.Actor;
using Kcopyd.Actors.Faults;
using Kcopyd.Actors.Tests.Devices;
using Xunit;

namespace Kcopyd.Actors.Tests.Client;

/// <summary>A device blocks the thread that calls it, forever: this costs one thread and affects only the users of that device.</summary>
public sealed class Hung_device_should : EngineSpec
{
    private readonly List<BlockingDevice> _hung = [];

    public static TheoryData<IoOperations> Calls => new(IoOperations.Read, IoOperations.Write, IoOperations.Flush, IoOperations.WriteZeroes);

    [Theory, MemberData(nameof(Calls))]
    public async Task not_keep_a_client_that_is_stopped_from_notifying(IoOperations call)
    {
        var client = Client();
        var hung = Hung(call);
        var stalled = Random(Piece).WithStall();
        var jobs = new[] { Use(client, hung, call), client.CopyAsync(stalled.Whole(), Whole(Mirrors(1, Piece))) };
        await Until(() => hung.Blocked > 0);
        await Soon(stalled.WaitingAsync());
        Sys.Stop(client.Actor);
        foreach (var job in jobs)
            Assert.Equal(IoError.ClientStopped, (await Soon(job)).Destinations[0].Fault!.Error);
        await Soon(client.DestroyAsync());
    }

    [Theory, MemberData(nameof(Calls))]
    public async Task not_keep_its_system_from_terminating(IoOperations call)
    {
        var system = ActorSystem.Create("hung");
        var hung = Hung(call);
        var job = Use(system.Kcopyd().CreateClient(), hung, call);
        await Until(() => hung.Blocked > 0);
        await Soon(system.Terminate());
        Assert.Equal(IoError.ClientStopped, (await Soon(job)).Destinations[0].Fault!.Error);
    }

    [Fact]
    public async Task not_keep_the_parent_of_a_client_from_its_restart()
    {
        var hung = Hung(IoOperations.Read);
        var results = new ConcurrentQueue<CopyResult>();
        var parent = Sys.ActorOf(Props.Create(() => new Parent(hung, results.Enqueue)));
        parent.Tell("copy");
        await Until(() => hung.Blocked > 0);
        parent.Tell(new InvalidOperationException("a bug"));
        await Soon(parent.Ask<string>("still there?"));
        await Until(() => !results.IsEmpty);
        Assert.Equal(IoError.ClientStopped, results.Single().ReadFault!.Error);
    }

    [Theory]
    [InlineData(32, 1 << 20)]      // several sub-jobs each: without shares they would take all of the client's
    [InlineData(64, 4096)]
    [InlineData(2000, 4096)]
    public async Task hold_up_no_other_disk(int jobs, int length)
    {
        var client = Client(settings => settings with { SubJobSize = Sys.Kcopyd().Settings.SubJobSize, SubJobsPerJob = 4 });
        var hung = Hung(IoOperations.Read, length);
        for (var i = 0; i < jobs; i++)
            client.Copy(hung.Whole(), Whole(BlockDevice.Memory(length)), CopyFlags.None, static (_, _, _) => { });
        await Until(() => hung.Blocked > 0);
        for (var i = 0; i < 3; i++)
        {
            var (source, copy) = (Random(8 << 20, i), BlockDevice.Memory(8 << 20));
            Assert.True((await Soon(client.CopyAsync(source.Whole(), [copy.Whole()], CopyFlags.Flush))).IsSuccess);
            Assert.True(source.Bytes.SequenceEqual(copy.Bytes));
        }
        Assert.InRange(hung.Blocked, 1, client.Settings.MaxSubJobs / 2);
        hung.Go();
    }

    [Fact]
    public async Task hold_a_cancelled_job_no_longer_than_the_timeout()
    {
        var client = Client(settings => settings with { CancelTimeout = TimeSpan.FromMilliseconds(50) });
        var hung = Hung(IoOperations.Write);
        var good = BlockDevice.Memory(Piece);
        var results = new ConcurrentQueue<CopyResult>();
        var job = client.Copy(Random(Piece).Whole(), Whole(hung, good), CopyFlags.None, results.Enqueue);
        await Until(() => hung.Blocked > 0);
        job.Cancel();
        await Until(() => !results.IsEmpty);
        var result = results.Single();
        Assert.Equal(0b01UL, result.WriteErrors & 0b01);
        Assert.Equal(IoError.TimedOut, result.Destinations[0].Fault!.Error);
        Assert.Contains("timed out", result.Destinations[0].Fault!.Message, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task fail_a_job_at_its_deadline()
    {
        var client = Client();
        var hung = Hung(IoOperations.Read);
        var results = new ConcurrentQueue<CopyResult>();
        var job = client.Copy(hung.Whole(), Whole(Mirrors(2, Piece)), CopyFlags.None, results.Enqueue);
        job.SetDeadline(TimeSpan.FromMilliseconds(50));
        await Until(() => !results.IsEmpty);
        var result = results.Single();
        Assert.Equal((true, true, 0b11UL), (result.IsCancelled, result.ReadError, result.WriteErrors));
        Assert.Equal((IoError.TimedOut, IoError.TimedOut), (result.ReadFault!.Error, result.Destinations[1].Fault!.Error));
        await Soon(client.DestroyAsync());
    }

    [Fact]
    public async Task fail_a_job_at_its_deadline_that_has_not_begun()
    {
        var client = Client(settings => settings with { MaxSubJobs = 1 });
        var hung = Hung(IoOperations.Read);
        client.Copy(hung.Whole(), Whole(Mirrors(1, Piece)), CopyFlags.None, static (_, _, _) => { });
        await Until(() => hung.Blocked > 0);
        var results = new ConcurrentQueue<CopyResult>();
        client.Copy(Random(Piece).Whole(), Whole(Mirrors(1, Piece)), CopyFlags.None, results.Enqueue).SetDeadline(TimeSpan.FromMilliseconds(20));
        await Until(() => !results.IsEmpty);
        Assert.Equal(IoError.TimedOut, results.Single().Destinations[0].Fault!.Error);
    }

    [Fact]
    public async Task keep_its_memory_and_its_share_when_its_jobs_are_given_up()
    {
        var client = Client(settings => settings with { CancelTimeout = TimeSpan.FromMilliseconds(1), MaxSubJobs = 8, PagePoolSize = 8 * Piece });
        var hung = Hung(IoOperations.Read);
        Bytes.Random(Piece, 99).CopyTo(((MemoryBlockDevice)hung.Inner).Bytes);
        for (var i = 0; i < 20; i++)
        {
            var results = new ConcurrentQueue<CopyResult>();
            var job = client.Copy(hung.Whole(), Whole(Mirrors(1, Piece)), CopyFlags.None, results.Enqueue);
            if (i < 4)
                await Until(() => hung.Blocked == i + 1);
            job.Cancel();
            await Until(() => !results.IsEmpty);
        }
        Assert.InRange(hung.Blocked, 4, 5);     // abandoned calls count until they return
        var stalled = BlockDevice.Memory(Piece).WithStall(IoOperations.Write);
        var source = Random(Piece);
        var copying = client.CopyAsync(source.Whole(), [stalled.Whole()]);
        await Soon(stalled.WaitingAsync());
        hung.Go();                              // the abandoned reads complete now, into memory that nothing else uses
        await Until(() => hung.Blocked == 0);
        Assert.True((await Soon(client.CopyAsync(hung.Whole(), Whole(Mirrors(1, Piece))))).IsSuccess);
        stalled.Release();
        Assert.True((await Soon(copying)).IsSuccess);
        Assert.True(source.Bytes.SequenceEqual(((MemoryBlockDevice)stalled.Inner).Bytes));
        await Until(async () => (await client.GetStatusAsync()).PageBytesInUse == 0);
    }

    [Fact]
    public async Task be_named_in_the_status()
    {
        var client = Client();
        var hung = Hung(IoOperations.Flush);
        client.Copy(Random(Piece).Whole(), Whole(BlockDevice.Memory(Piece), hung), CopyFlags.Flush, static (_, _, _) => { });
        await Until(() => hung.Blocked > 0);
        OldestIo? oldest = null;
        await Until(async () => (oldest = (await client.GetStatusAsync()).OldestIo)?.Device == "hung");
        Assert.Equal((1L, "flush"), (oldest!.JobId, oldest.Operation));
        Assert.Contains("the oldest in flight is flush on hung of job 1", (await client.GetStatusAsync()).ToString(), StringComparison.Ordinal);
    }

    protected override void AfterAll()
    {
        _hung.ForEach(static device => device.Go());
        base.AfterAll();
    }

    private BlockingDevice Hung(IoOperations operations, int length = Piece)
    {
        var device = new BlockingDevice(BlockDevice.Memory(length, name: "hung"), operations);
        _hung.Add(device);
        return device;
    }

    private static Task<CopyResult> Use(KcopydClient client, BlockingDevice hung, IoOperations call) => call switch
    {
        IoOperations.Read => client.CopyAsync(hung.Whole(), Whole(Mirrors(1, Piece))),
        IoOperations.WriteZeroes => client.ZeroAsync([hung.Whole()]),
        _ => client.CopyAsync(Random(Piece).Whole(), [hung.Whole()], CopyFlags.Flush),
    };

    private sealed class Parent : ReceiveActor
    {
        public Parent(IBlockDevice device, Action<CopyResult> tell)
        {
            var client = Context.Kcopyd().CreateClient("copies");
            Receive<string>(word => word == "copy", _ => client.Copy(device.Whole(), Whole(Mirrors(1, Piece)), CopyFlags.None, result => tell(result)));
            Receive<string>(_ => Sender.Tell("yes"));
            Receive<InvalidOperationException>(bug => throw bug);
        }
    }
}
