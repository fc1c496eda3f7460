using Kcopyd.Actors.Messaging;

namespace Kcopyd.Actors.Targets;

/// <summary>Something that holds a range of a device until it is released, and what waits for that.</summary>
/// <typeparam name="T">Itself.</typeparam>
internal interface IRangeHolder<T> : IMember<T>
    where T : class, IRangeHolder<T>
{
    /// <summary>Its first byte.</summary>
    long Start { get; }

    /// <summary>The byte behind its last one.</summary>
    long End { get; }
}

/// <summary>
/// The ranges of a device that are held now. Many may hold a byte; who must not overlap them asks for a holder and waits until that one is released. Used by
/// one actor; a lock and its release cost next to nothing, and a question is a walk over the holders, which are a few hundred at most.
/// </summary>
internal sealed class RangeLocks<T> : LinkedSet<T>
    where T : class, IRangeHolder<T>
{
    /// <summary>One that holds a byte of a range; null if none does.</summary>
    /// <param name="start">First byte.</param>
    /// <param name="end">The byte behind the last one.</param>
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
