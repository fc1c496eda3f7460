using Kcopyd.Actors.TestKit.Scheduling;

namespace Kcopyd.Actors.TestKit.Network;

/// <summary>Two endpoints and what travels between them, in both directions.</summary>
internal sealed class Connection
{
    private readonly NetworkCore _network;

    public Connection(NetworkCore network, (Host Host, Process Process) from, (Host Host, Process Process) to, int port)
    {
        _network = network;
        Port = port;
        Connecting = new Endpoint(this, from.Host, from.Process);
        Accepting = new Endpoint(this, to.Host, to.Process);
        (Connecting.Peer, Accepting.Peer) = (Accepting, Connecting);
    }

    /// <summary>The port on the accepting side.</summary>
    public int Port { get; }

    public Endpoint Connecting { get; }

    public Endpoint Accepting { get; }

    public NetworkCore Network => _network;

    public bool Joins(Host one, Host other) =>
        (Connecting.Host == one && Accepting.Host == other) || (Connecting.Host == other && Accepting.Host == one);

    /// <summary>Delivers what a partition or a lost machine has held back, if it can arrive now.</summary>
    public void Resume()
    {
        Connecting.Resume();
        Accepting.Resume();
    }

    /// <summary>Resets both sides.</summary>
    public void Break()
    {
        Connecting.ResetAfter(_network.Delay());
        Accepting.ResetAfter(_network.Delay());
    }

    public void ProcessEnded(Process process, bool machineLives)
    {
        if (Connecting.Process == process)
            Connecting.ProcessEnded(machineLives);
        else if (Accepting.Process == process)
            Accepting.ProcessEnded(machineLives);
    }

    /// <summary>Called when a side can do nothing anymore.</summary>
    public void SideEnded()
    {
        if (Connecting.IsEnded && Accepting.IsEnded)
            _network.Remove(this);
    }
}
