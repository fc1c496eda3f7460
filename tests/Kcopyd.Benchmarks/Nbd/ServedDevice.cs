using System.Net.Sockets;
using Akka.Actor;
using Kcopyd.Actors;
using Kcopyd.Actors.Nbd;

namespace Kcopyd.Benchmarks.Nbd;

/// <summary>A device that our server, in this process, serves on a Unix socket until this is disposed.</summary>
internal sealed class ServedDevice : IAsyncDisposable
{
    private readonly IAsyncDisposable _owned;

    public ServedDevice(ActorSystem system, string socket, IBlockDevice device, IAsyncDisposable? owned = null)
    {
        _owned = owned ?? device;
        Uri = $"nbd+unix:///?socket={socket}";
        Server = system.Kcopyd().StartNbdServer(new NbdServerOptions
        {
            EndPoints = [new UnixDomainSocketEndPoint(socket)],
            Exports = [new NbdExport("", device)],
        });
    }

    public string Uri { get; }

    public NbdServer Server { get; }

    public async ValueTask DisposeAsync()
    {
        await Server.StopAsync();
        await _owned.DisposeAsync();
    }
}
