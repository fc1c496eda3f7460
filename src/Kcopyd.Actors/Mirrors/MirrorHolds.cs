using Kcopyd.Actors.Messaging;
using Kcopyd.Actors.Targets;

namespace Kcopyd.Actors.Mirrors;

/// <summary>The ranges that are being copied, and the writes that may be admitted again. Used by the mirror's actor only.</summary>
internal sealed class MirrorHolds
{
    private readonly RangeLocks<RegionCopy> _held = new();
    private LinkedQueue<MirrorWrite> _released;

    public RegionCopy? First => _held.First;

    public int Count { get; private set; }

    public RegionCopy? HolderOf(long start, long end) => _held.HolderOf(start, end);

    public void Add(RegionCopy copy)
    {
        _held.Add(copy);
        Count++;
    }

    public void Release(RegionCopy copy)
    {
        _held.Remove(copy);
        Count--;
        Release(ref copy.Waiting);
    }

    /// <summary>Lets writes be admitted again.</summary>
    public void Release(ref LinkedQueue<MirrorWrite> waiting) => _released.Append(ref waiting);

    /// <summary>Takes a write whose range may be free.</summary>
    public MirrorWrite? TakeReleased() => _released.Take();
}
