using System.Net.Sockets;
using Kcopyd.Actors.Nbd;
using Kcopyd.Actors.Tests.Devices;
using Xunit;

namespace Kcopyd.Actors.Tests.Client;

/// <summary>Everything that has an actor can be created without a name, next to everything else.</summary>
public sealed class Made_up_names_should : EngineSpec
{
    // Three of each kind: if each kind counted its own numbers, their names would collide.
    [Fact]
    public async Task never_meet_in_one_system_whatever_kinds_of_actors_it_has()
    {
        using var folder = new TempFolder();
        for (var i = 0; i < 3; i++)
        {
            var socket = folder[$"s{i}"];
            var server = Sys.Kcopyd().StartNbdServer(
                new NbdServerOptions { EndPoints = [new UnixDomainSocketEndPoint(socket)], Exports = [new NbdExport("", BlockDevice.Memory(4096))] });
            var device = await Sys.Kcopyd().OpenNbdDeviceAsync(NbdUri.Parse($"nbd+unix:///?socket={socket}"));
            _ = Sys.Kcopyd().CreateSnapshotOrigin(BlockDevice.Memory(4096));
            var client = Sys.Kcopyd().CreateClient();
            Assert.Equal(["kcopyd-client", "kcopyd-nbd-device", "kcopyd-nbd-server"],
                new[] { client.Actor, device.Actor, server.Actor }.Select(actor => Prefix(actor.Path.Name)));
        }
    }

    private static string Prefix(string name) => name[..name.LastIndexOf('-')];
}
