using System.Net.Sockets;
using Kcopyd.Actors.TestKit.Scheduling;

namespace Kcopyd.Actors.TestKit.Network;

/// <summary>An attempt to connect. A request that is lost is sent again after one, two, four seconds and so on, as TCP does.</summary>
internal sealed class ConnectAttempt(
    NetworkCore network, Host from, Process process, string to, int port, Action<Endpoint> connected, Action<SocketError> failed)
{
    private readonly TimeSpan _end = network.Engine.Now + network.ConnectTimeout;
    private TimeSpan _pause = TimeSpan.FromSeconds(1);

    public void Start() => After(network.Delay(), null, Arrive);

    private void Arrive()
    {
        if (!process.IsAlive)
            return;
        if (network.FindHost(to) is not { } host)
        {
            After(network.Delay(), process, () => failed(SocketError.HostNotFound));
            return;
        }
        if (network.IsCut(from, host) || network.IsCut(host, from))
        {
            Retry();
            return;
        }
        if (network.FindListener(host, port) is not { } listener)
        {
            After(network.Delay(), process, () => failed(SocketError.ConnectionRefused));
            return;
        }
        var connection = new Connection(network, (from, process), (host, listener.Process), port);
        network.Add(connection);
        network.Engine.Add(listener.Process, new PlainStep(() => listener.Accept(connection.Accepting)));
        After(network.Delay(), process, () => connected(connection.Connecting));
    }

    private void Retry()
    {
        var engine = network.Engine;
        if (engine.Now + _pause >= _end)
        {
            After(_end - engine.Now, process, () => failed(SocketError.TimedOut));
            return;
        }
        After(_pause, null, Arrive);
        _pause *= 2;
    }

    private void After(TimeSpan delay, Process? owner, Action action) => network.Engine.After(delay, owner, new PlainStep(action));
}
