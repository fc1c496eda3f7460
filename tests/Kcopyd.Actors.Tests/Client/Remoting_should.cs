using Akka.Actor;
using Akka.Configuration;
using Kcopyd.Actors.Faults;
using Xunit;
using static Kcopyd.Actors.KcopydProtocol;

namespace Kcopyd.Actors.Tests.Client;

/// <summary>Two actor systems that are connected only by a network.</summary>
public sealed class Remoting_should : EngineSpec
{
    private const string Remote = """
        akka.actor.provider = remote
        akka.remote.dot-netty.tcp { hostname = "127.0.0.1", port = 0 }
        akka.remote.log-remote-lifecycle-events = off
        """;

    private readonly ActorSystem _far = ActorSystem.Create("far",
        ConfigurationFactory.ParseString(Remote).WithFallback("akka { loglevel = WARNING, stdout-loglevel = OFF }"));
    private readonly MemoryBlockDevice _source = Random(16 * Piece);
    private readonly MemoryBlockDevice _mirror = BlockDevice.Memory(16 * Piece);
    private readonly KcopydClient _client;

    public Remoting_should() : base(Remote)
    {
        _far.Kcopyd().Devices.Register("source", _source);
        _far.Kcopyd().Devices.Register("mirror", _mirror);
        _far.Kcopyd().Devices.Register("scratched", BlockDevice.Memory(16 * Piece, name: "scratched").WithErrors(ByteRange.Sectors(20)));
        _client = _far.Kcopyd().CreateClient("copier");
    }

    [Fact]
    public async Task run_a_job_where_its_devices_are_and_tell_the_result_here()
    {
        var client = await Resolve();
        var copy = new Copy(new("source", 0, 128), [new("mirror", 0, 128), new("scratched", 0, 128)], CopyFlags.IgnoreError, "chunk") { Acknowledge = true };
        client.Tell(copy, TestActor);
        var accepted = await ExpectMsgAsync<JobAccepted>(TimeSpan.FromSeconds(60));
        var result = await ExpectMsgAsync<CopyResult>(TimeSpan.FromSeconds(60));
        Assert.Equal((accepted.JobId, false, 0b10UL, "chunk"), (result.JobId, result.ReadError, result.WriteErrors, result.Context));
        Assert.StartsWith("scratched: write failed", result.Destinations[1].Fault!.Message, StringComparison.Ordinal);
        Assert.True(_source.Bytes.SequenceEqual(_mirror.Bytes));
    }

    [Fact]
    public async Task bring_home_a_result_with_more_ranges_than_a_frame_holds()
    {
        var bad = Enumerable.Range(0, 20_000).Select(static i => ByteRange.Sectors(3 * i)).ToArray();
        _far.Kcopyd().Devices.Register("worn", BlockDevice.Memory(32 << 20, name: "worn").WithErrors(bad));
        _far.Kcopyd().Devices.Register("large", BlockDevice.Memory(32 << 20));
        var client = await Resolve();
        var result = await client.Ask<CopyResult>(new Copy(new("worn", 0, 65536), [new("large", 0, 65536)], CopyFlags.IgnoreError), TimeSpan.FromSeconds(60));
        Assert.Equal((true, 20_000), (result.ReadError, result.Unreadable.Count + result.OmittedRanges));
        Assert.InRange(result.Unreadable.Count, 100, 1000);
        Assert.Equal(new UnreadableRange(0, 512), result.Unreadable[0]);
    }

    [Fact]
    public async Task refuse_a_device_that_only_this_node_knows()
    {
        Sys.Kcopyd().Devices.Register("here", BlockDevice.Memory(Piece));
        var client = await Resolve();
        client.Tell(new Copy(new("here", 0, 8), [new("mirror", 0, 8)]) { Acknowledge = true }, TestActor);
        Assert.Equal("from", (await ExpectMsgAsync<JobRefused>(TimeSpan.FromSeconds(60))).Argument);
    }

    [Fact]
    public async Task reach_a_job_from_afar_and_notify_an_actor_over_the_wire()
    {
        var stall = Random(16 * Piece).WithStall();
        _far.Kcopyd().Devices.Register("stall", stall);
        var client = await Resolve();
        var watcher = CreateTestProbe();
        // The flush is left to cancel.
        client.Tell(new Copy(new("stall", 0, 128), [new("mirror", 0, 128)], CopyFlags.Flush) { Acknowledge = true }, TestActor);
        var id = (await ExpectMsgAsync<JobAccepted>(TimeSpan.FromSeconds(60))).JobId;
        client.Tell(new SubscribeProgress(id, TimeSpan.Zero, watcher), TestActor);
        await ExpectMsgAsync<Done>(TimeSpan.FromSeconds(60));
        client.Tell(new CancelJob(id), TestActor);
        await ExpectMsgAsync<Done>(TimeSpan.FromSeconds(60));
        client.Tell(Destroy.Instance, TestActor);
        client.Tell(GetStatus.Instance, TestActor);
        Assert.True((await ExpectMsgAsync<ClientStatus>(TimeSpan.FromSeconds(60))).IsClosing);
        stall.Release();
        Assert.True((await ExpectMsgAsync<CopyResult>(TimeSpan.FromSeconds(60))).IsCancelled);
        Assert.Equal("copier", (await ExpectMsgAsync<ClientDestroyed>(TimeSpan.FromSeconds(60))).Name);
        await watcher.FishForMessageAsync(message => message is JobProgress { State: JobState.Completed }, TimeSpan.FromSeconds(60));
    }

    protected override void AfterAll()
    {
        Shutdown(_far);
        base.AfterAll();
    }

    private async Task<IActorRef> Resolve()
    {
        var address = ((ExtendedActorSystem)_far).Provider.DefaultAddress;
        var client = await Sys.ActorSelection(_client.Actor.Path.ToStringWithAddress(address)).ResolveOne(TimeSpan.FromSeconds(60));
        Assert.NotSame(_client.Actor, client);
        return client;
    }
}
