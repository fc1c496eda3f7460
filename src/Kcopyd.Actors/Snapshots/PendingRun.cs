using System.Runtime.InteropServices;

namespace Kcopyd.Actors.Snapshots;

/// <summary>Exceptions that were started together and are not committed yet: chunks that are contiguous on the origin and in the store. Used by the origin's
/// actor only.</summary>
/// <remarks><code>
///  started ── data is in the store (StoreCommits.Copied) ──▶ copied ── all earlier runs, too (PendingRuns.Record) ──▶ committing
///  committing ── records are on the medium (Complete) ──▶ over
///  any ── an error invalidates the snapshot, or its store has no space: all pending runs are aborted (Abort) ──▶ over
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

    /// <summary>Number of chunks.</summary>
    public int Count { get; private set; } = 1;

    /// <summary>First byte on the origin.</summary>
    public long Start => Snapshot.Geometry.OffsetOf(Old);

    /// <summary>The byte after its last one on the origin, which may end within the last chunk.</summary>
    public long End => Math.Min(Snapshot.Geometry.OffsetOf(Old + Count), Snapshot.Origin.Device.Length);

    /// <summary>True if the data is in the store.</summary>
    public bool IsCopied { get; set; }

    /// <summary>Number of its records that were appended to a commit.</summary>
    public int Recorded { get; set; }

    /// <summary>Number of these that are on the medium: a run may span two commits.</summary>
    public int Committed { get; set; }

    /// <summary>True if it is complete or aborted.</summary>
    public bool IsOver { get; private set; }

    public bool IsNeededByOrigin => _originChanges is not null;

    /// <summary>Adds a chunk if it is contiguous on the origin and in the store.</summary>
    public bool TryExtend(long old, long @new)
    {
        if (old != Old + Count || @new != New + Count)
            return false;
        Count++;
        return true;
    }

    /// <summary>Makes a change of the origin wait until the run is complete or aborted.</summary>
    public void Block(IOriginChange change)
    {
        change.Waits++;
        (_originChanges ??= []).Add(change);
    }

    /// <summary>Makes a write to the snapshot wait for the run. Contiguous writes are joined, because the run is contiguous in the store.</summary>
    /// <param name="parts">Creates the part.</param>
    /// <param name="request">The request.</param>
    /// <param name="at">The write's first byte, counted from the request's start.</param>
    /// <param name="end">The byte after its last one.</param>
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

    /// <summary>Makes a request that writes whole chunks wait for the run's commit.</summary>
    public void AwaitDirect(OriginRequest request, long at)
    {
        request.Parts++;
        (_direct, _directOffset) = (request, at);
    }

    /// <summary>Handles the end of the data write of <see cref="AwaitDirect"/>'s request.</summary>
    public void Written(IoError error) => Snapshot.Live.Commits.Copied(this, IoError.None, error);

    /// <summary>Starts the waiting writes and changes. The records are on the medium, and the chunks in the table.</summary>
    public void Complete(RequestParts parts)
    {
        IsOver = true;
        if (_direct is { } request)
            parts.EndPart(request);
        foreach (var write in CollectionsMarshal.AsSpan(_snapshotWrites))
            parts.StartInStore(write, Snapshot.Geometry.OffsetOf(New) + write.Start - Start);
        ReleaseChanges();
    }

    /// <summary>Fails the waiting writes and releases the waiting changes. The run will not be committed.</summary>
    public void Abort(RequestParts parts)
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
