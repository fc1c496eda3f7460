using System.Net;
using Akka.Actor;
using Akka.Configuration;
using Kcopyd.Actors.Nbd;
using Kcopyd.Actors.Tests.Devices;
using Xunit;

namespace Kcopyd.Actors.Tests.Client;

/// <summary>Every kind of actor, in a system that serializes whatever it can and is configured to deploy actors to other nodes.</summary>
public sealed class Local_actors_should() : AkkaTestKit(ConfigurationFactory.ParseString("""
    akka.actor.provider = remote
    akka.remote.dot-netty.tcp { hostname = "127.0.0.1", port = 0 }
    akka.actor.serialize-creators = on
    akka.actor.serialize-messages = on
    akka.actor.deployment."/moved".remote = "akka.tcp://nobody@127.0.0.1:1"
    akka { loglevel = WARNING, stdout-loglevel = OFF }
    """))
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task need_nothing_to_be_serialized_and_be_where_their_devices_are()
    {
        var source = BlockDevice.Memory(1 << 20);
        new Random(1).NextBytes(source.Bytes);
        await using var client = Sys.Kcopyd().CreateClient("copier");
        await using var origin = Sys.Kcopyd().CreateSnapshotOrigin(BlockDevice.Memory(1 << 20), "origin");
        await using var snapshot = await origin.OpenSnapshotAsync(BlockDevice.Memory(4 << 20));
        await using var server = Sys.Kcopyd().StartNbdServer(
            new NbdServerOptions { EndPoints = [new IPEndPoint(IPAddress.Loopback, 0)], Exports = [new NbdExport("disk", origin)] });
        await using var remote = await Sys.Kcopyd().OpenNbdDeviceAsync(NbdUri.Parse($"nbd://{server.EndPoints[0]}/disk")).WaitAsync(Patience);

        Assert.True((await client.CopyAsync(source.Whole(), [remote.Whole()]).WaitAsync(Patience)).IsSuccess);
        Assert.Equal(source.Bytes.ToArray(), await origin.ReadAllAsync(0, 1 << 20));
        Assert.Equal(new byte[1 << 20], await snapshot.ReadAllAsync(0, 1 << 20));
        Assert.All(new[] { client.Actor, server.Actor }, actor => Assert.True(((IInternalActorRef)actor).IsLocal));
    }

    [Fact]
    public void refuse_to_be_moved_to_another_node()
    {
        Assert.Contains("local-only", Assert.Throws<ConfigurationException>(() => Sys.Kcopyd().CreateClient("moved")).Message, StringComparison.Ordinal);
        var refused = Assert.Throws<ConfigurationException>(() => Sys.Kcopyd().CreateSnapshotOrigin(BlockDevice.Memory(4096), "moved"));
        Assert.Contains("local-only", refused.Message, StringComparison.Ordinal);
    }
}
