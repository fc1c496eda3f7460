using Kcopyd.Actors.Messaging;

namespace Kcopyd.Actors.Targets;

/// <summary>A holder of a range of a device, from its acquisition to its release.</summary>
/// <typeparam name="T">The implementing type.</typeparam>
internal interface IRangeHolder<T> : IMember<T>
    where T : class, IRangeHolder<T>
{
    /// <summary>First byte.</summary>
    long Start { get; }

    /// <summary>The byte after the last one.</summary>
    long End { get; }
}

/// <summary>
/// The ranges of a device that are currently held. Several holders may overlap; an operation that must not overlap them looks up a holder and waits for its
/// release. Used by one actor. Acquire and release take constant time; a lookup walks the holders, a few hundred at most.
/// </summary>
internal sealed class RangeLocks<T> : LinkedSet<T>
    where T : class, IRangeHolder<T>
{
    /// <summary>A holder that overlaps a range; null if there is none.</summary>
    /// <param name="start">First byte.</param>
    /// <param name="end">The byte after the last one.</param>
    public T? HolderOf(long start, long end)
    {
        for (var holder = First; holder is not null; holder = holder.After)
        {
            if (holder.Start < end && start < holder.End)
                return holder;
        }
        return null;
    }
}
