using Akka.Actor;
using Kcopyd.Actors.Messaging;
using Kcopyd.Actors.Targets;

namespace Kcopyd.Actors.Mirrors;

/// <summary>A copy of a range from one leg to others, or its comparison, and the message with its result. No write changes the range in the
/// meantime: those in flight end first, and new ones wait.</summary>
internal sealed class RegionCopy(IActorRef mirror) : LinkedMessage, IRangeHolder<RegionCopy>
{
    private readonly IActorRef _mirror = mirror;

    /// <summary>The writes that wait until the range is released.</summary>
    public LinkedQueue<MirrorWrite> Waiting;

    public long Start { get; set; }

    public long End { get; set; }

    /// <summary>The region that it brings in sync; -1 for a repair.</summary>
    public long Region { get; set; } = -1;

    public int Source { get; set; }

    public List<int> Targets { get; } = [];

    /// <summary>True once no write is in flight in the range.</summary>
    public bool IsCopying { get; set; }

    /// <summary>For a range that is held for a scrub: receives the legs in sync, none if the range is not in sync.</summary>
    public Completion<IReadOnlyList<HeldLeg>>? Held { get; init; }

    public KcopydJob Job { get; set; }

    public CopyResult Result { get; private set; } = null!;

    public RegionCopy? Before { get; set; }

    public RegionCopy? After { get; set; }

    /// <summary>The error of a target; <see cref="IoError.None"/> if it has the data.</summary>
    public IoError WriteError(int target) =>
        (Result.WriteErrors & (1UL << target)) == 0 ? IoError.None : Result.Destinations[target].Fault?.Error ?? IoError.Io;

    /// <summary>Runs on the copy client.</summary>
    public static void Copied(CopyResult result)
    {
        var copy = (RegionCopy)result.Context!;
        copy.Result = result;
        copy._mirror.Tell(copy, ActorRefs.NoSender);
    }
}
