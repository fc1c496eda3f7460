namespace Kcopyd.Actors.Mirrors;

/// <summary>The messages of a mirror's actor (<see cref="Mirror.Actor"/>), for callers that have only its reference.</summary>
public static class MirrorProtocol
{
    /// <summary>Requests the status of the mirror. Answered by <see cref="MirrorStatus"/>.</summary>
    public sealed record GetStatus : IMirrorCommand;
}
