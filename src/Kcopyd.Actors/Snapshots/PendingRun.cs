using System.Runtime.InteropServices;

namespace Kcopyd.Actors.Snapshots;

/// <summary>Exceptions that were started together and do not hold yet: chunks that follow each other on the origin and in the store. Used by the origin's actor
/// only.</summary>
/// <remarks><code>
/// started ── data is in the store (StoreCommits.Copied) ──▶ copied ── all runs before it, too (PendingRuns.Record) ──▶ committing ── record is on the medium (Hold) ──▶ over
///    └──────────── an error anywhere: the snapshot is invalid, and every pending run with it (Lose) ──────────────────────────────────────────────────────────▶ over
/// </code></remarks>
internal sealed class PendingRun(SnapshotCore snapshot, long old, long @new)
{
    private List<SnapshotIo>? _snapshotWrites;
    private List<IOriginChange>? _originChanges;
    private OriginRequest? _direct;
    private long _directOffset;         // bytes from that request's start

    public SnapshotCore Snapshot { get; } = snapshot;

    public long Old { get; } = old;

    public long New { get; } = @new;

    /// <summary>Chunks.</summary>
    public int Count { get; private set; } = 1;

    /// <summary>Its first byte on the origin.</summary>
    public long Start => Snapshot.Geometry.OffsetOf(Old);

    /// <summary>The byte behind its last one on the origin, which may end within its last chunk.</summary>
    public long End => Math.Min(Snapshot.Geometry.OffsetOf(Old + Count), Snapshot.Origin.Device.Length);

    /// <summary>The data is in the store.</summary>
    public bool IsCopied { get; set; }

    /// <summary>Records of it that a commit has taken.</summary>
    public int Recorded { get; set; }

    /// <summary>Of these, the ones that are on the medium: a run may be in two commits.</summary>
    public int Committed { get; set; }

    /// <summary>It holds, or never will.</summary>
    public bool IsOver { get; private set; }

    public bool IsNeededByOrigin => _originChanges is not null;

    /// <summary>Takes the next chunk in, if it follows in both.</summary>
    public bool TryExtend(long old, long @new)
    {
        if (old != Old + Count || @new != New + Count)
            return false;
        Count++;
        return true;
    }

    /// <summary>A change of the origin waits until it holds, or never will.</summary>
    public void Block(IOriginChange change)
    {
        change.Waits++;
        (_originChanges ??= []).Add(change);
    }

    /// <summary>A write to the snapshot waits until it holds. What follows in it is one write: the run is one stretch of the store.</summary>
    /// <param name="parts">Makes the part.</param>
    /// <param name="request">The request.</param>
    /// <param name="at">The write's first byte, from the request's start.</param>
    /// <param name="end">The byte behind its last one.</param>
    public void Await(RequestParts parts, OriginRequest request, long at, long end)
    {
        if (_snapshotWrites is [.., var last] && last.Request == request && last.RequestOffset + last.Length == at)
        {
            last.Length = end - last.RequestOffset;
            last.Memory = request.Memory.Slice((int)last.RequestOffset, (int)last.Length);
        }
        else
        {
            (_snapshotWrites ??= []).Add(parts.Make(request, Snapshot, at, end - at, Devices.DeviceOperation.Write));
        }
    }

    /// <summary>A request writes its chunks whole. It is not done before the run holds.</summary>
    public void AwaitDirect(OriginRequest request, long at)
    {
        request.Parts++;
        (_direct, _directOffset) = (request, at);
    }

    /// <summary>Its data was written by <see cref="AwaitDirect"/>'s request, or not.</summary>
    public void Written(IoError error) => Snapshot.Live.Commits.Copied(this, IoError.None, error);

    /// <summary>Its records are on the medium, and its chunks in the table: what waited begins.</summary>
    public void Hold(RequestParts parts)
    {
        IsOver = true;
        if (_direct is { } request)
            parts.EndPart(request);
        foreach (var write in CollectionsMarshal.AsSpan(_snapshotWrites))
            parts.StartInStore(write, Snapshot.Geometry.OffsetOf(New) + write.Start - Start);
        ReleaseChanges();
    }

    /// <summary>It never will hold.</summary>
    public void Lose(RequestParts parts)
    {
        if (IsOver)
            return;
        IsOver = true;
        if (_direct is { } request)
        {
            request.Fail(IoError.Io, _directOffset);
            parts.EndPart(request);
        }
        foreach (var write in CollectionsMarshal.AsSpan(_snapshotWrites))
            parts.Fail(write);
        ReleaseChanges();
    }

    private void ReleaseChanges()
    {
        foreach (var change in CollectionsMarshal.AsSpan(_originChanges))
            change.Release();
    }
}
