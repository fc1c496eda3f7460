namespace Kcopyd.Actors.Nbd;

/// <summary>The status of a server.</summary>
/// <param name="State">Whether it serves.</param>
/// <param name="Connections">Clients that are connected, including those in negotiation.</param>
/// <param name="Waiting">Clients that wait for a connection because there are <paramref name="MaxConnections"/>.</param>
/// <param name="MaxConnections">The limit, <see cref="NbdServerSettings.MaxConnections"/>.</param>
/// <param name="Exports">The exports, ordered by name.</param>
public sealed record NbdServerStatus(NbdServerState State, int Connections, int Waiting, int MaxConnections, IReadOnlyList<NbdExportStatus> Exports);

/// <summary>Whether a server serves.</summary>
public enum NbdServerState
{
    /// <summary>It accepts clients.</summary>
    Serving,
    /// <summary>It accepts no clients, and completes the requests of those that are connected.</summary>
    Stopping,
    /// <summary>It has stopped.</summary>
    Stopped,
}
