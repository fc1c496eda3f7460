using Akka.Actor;

namespace Kcopyd.Actors.Jobs;

/// <summary>A reader and its writers, children of the client. Works on one sub-job at a time. Used by the client actor only, except that the reader reads
/// <see cref="Writers"/> while it owns the sub-job.</summary>
internal sealed class Crew(IActorRef reader)
{
    private IActorRef[] _writers = [];

    public IActorRef Reader { get; } = reader;

    public ReadOnlySpan<IActorRef> Writers => _writers;

    /// <summary>The current sub-job; null if the crew is idle.</summary>
    public SubJob? Current { get; set; }

    /// <summary>A member has died or is dying: the crew is not reused.</summary>
    public bool IsBroken { get; set; }

    /// <summary>All members are being stopped; <see cref="Current"/>, if any, ends when the last one has terminated.</summary>
    public bool IsDismissed { get; set; }

    /// <summary>Members whose termination the client has not yet received.</summary>
    public int Alive { get; set; } = 1;

    public void Add(IActorRef writer)
    {
        _writers = [.. _writers, writer];
        Alive++;
    }

    /// <summary>The writer's index, or -1 for the reader.</summary>
    public int IndexOf(IActorRef member) => Array.IndexOf(_writers, member);
}
