using System.Net;
using Akka.Actor;
using Kcopyd.Actors.Nbd;

namespace Kcopyd.Actors.Tests.Telemetry;

/// <summary>Some instruments are published only with the first client, snapshot, clone or server of the process.</summary>
internal static class AllInstruments
{
    public const int Count = 25;

    public static async Task PublishAsync(ActorSystem system, string client)
    {
        system.Kcopyd().CreateClient(client);
        await using var origin = system.Kcopyd().CreateSnapshotOrigin(BlockDevice.Memory(1 << 16));
        await using var snapshot = await origin.OpenSnapshotAsync(BlockDevice.Memory(1 << 16));
        await using var mirror = await system.Kcopyd().OpenMirrorAsync([BlockDevice.Memory(1 << 16)], new() { AssumeInSync = true });
        await using var clone = await system.Kcopyd().OpenCloneAsync(BlockDevice.Memory(1 << 16), BlockDevice.Memory(1 << 16), BlockDevice.Memory(1 << 16));
        await using var server = system.Kcopyd().StartNbdServer(new NbdServerOptions { EndPoints = [new IPEndPoint(IPAddress.Loopback, 0)] });
    }
}
