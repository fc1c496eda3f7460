using Akka.Actor;
using Kcopyd.Actors.Devices;
using Kcopyd.Actors.Messaging;

namespace Kcopyd.Actors.Snapshots;

/// <summary>Merges a snapshot into the origin, backwards from its last record, one run at a time. Used by the origin's actor only.</summary>
/// <remarks><code>
///  last run (Continue) ──▶ other snapshots have its chunks, no write to it in flight (Begin) ──▶ copied to the origin, flushed (Copied) ──┐
///                                        next run ◀── waiting writes resume (EndRun) ◀── records removed (Removed) ◀─────────────────────┘
/// </code>
/// Until EndRun, writes to the run wait (Write). After a power cut at any point, the remaining records refer to chunks that have already been copied to the
/// origin, or not yet: merging them again changes nothing.
/// </remarks>
internal sealed class MergeRun(OriginCore origin, OriginSnapshots snapshots, RequestParts parts, IOriginGate gate, CopyQueue copies, SnapshotNews news)
    : IOriginChange
{
    private readonly List<SnapshotIo> _afterRun = [];   // writes to the run being merged
    private MergeJob? _job;                             // null: no merge is running
    private bool _isBusy;
    private ExceptionRecord _run;
    private int _runCount;
    private bool _isUncertain;                          // its records may or may not have been removed from the medium

    /// <summary>True while no run is being merged.</summary>
    public bool IsQuiet => !_isBusy;

    public bool HasBegun => _job is not null;

    public long Start => Snapshot.Geometry.OffsetOf(_run.Old);

    public long End => Math.Min(Snapshot.Geometry.OffsetOf(_run.Old + _runCount), origin.Device.Length);

    int IOriginChange.Waits { get; set; }

    IOriginGate? IOriginChange.Gate { get; set; }

    private SnapshotCore Snapshot => snapshots.Merging!;

    private PersistentStore Store => (PersistentStore)Snapshot.Store;

    public void StartMerge(SnapshotCore snapshot, MergeJob job)
    {
        snapshot.Become(SnapshotState.Merging);     // allowed after an overflow, too: a merge allocates nothing
        snapshots.Merging = snapshot;
        _job = job;
    }

    /// <summary>Starts to merge the next run.</summary>
    public void Continue()
    {
        if (_job is null || _isBusy)
            return;
        if (_job.IsCancelled)
        {
            Stop(IoError.Cancelled, null);
            return;
        }
        (_isBusy, _isUncertain) = (true, false);
        NextRun();
    }

    /// <summary>Ends the merge, if one is running. Chunks that are not merged stay in the store.</summary>
    public void Stop(IoError error, string? reason)
    {
        _isBusy = false;
        _job?.End(error, reason, Snapshot.Table.Count);
        _job = null;
    }

    /// <summary>Ends the merge because its snapshot is closed.</summary>
    public void Leave()
    {
        Stop(IoError.Cancelled, "the snapshot was closed");
        (snapshots.Merging, _runCount, _isUncertain) = (null, 0, false);
    }

    /// <summary>Maps a write while a snapshot is being merged.</summary>
    public void Map(OriginRequest request)
    {
        for (long at = 0; at < request.Length;)
        {
            // Data in the store is mapped chunk by chunk, because the run being merged may begin and end anywhere.
            var (place, end) = Snapshot.Stretch(request, at);
            if (place >= 0)
                end = Math.Min(end, Snapshot.Geometry.OffsetOf(Snapshot.Geometry.ChunkOf(request.Offset + at) + 1) - request.Offset);
            Write(parts.Make(request, Snapshot, at, end - at, DeviceOperation.Write));
            at = end;
        }
    }

    /// <summary>Handles the end of the run's copy.</summary>
    public void Copied(CopyResult result)
    {
        if (result.ReadError || result.WriteErrors != 0)
        {
            var fault = result.ReadFault ?? result.Destinations[0].Fault;
            FailMerge(fault?.Error ?? IoError.Io, fault?.Message ?? "a run could not be copied to the origin");
            return;
        }
        Store.PlanRemoval(Snapshot.Live.Metadata, _runCount);
        Snapshot.Live.Metadata.Start(Snapshot.Cow, Removed);
    }

    // Other snapshots have copies of the data that the run overwrites. Writes to the run that are in flight complete first; new ones wait.
    void IOriginChange.Begin()
    {
        if (Snapshot.Live.Writes.HolderOf(Start, End) is { } write)
        {
            write.Block(this);
            return;
        }
        var sectors = (End - Start) >> IoRegion.SectorShift;
        copies.Client.Copy(
            Snapshot.Cow.Region(Snapshot.Geometry.OffsetOf(_run.New) >> IoRegion.SectorShift, sectors),
            [origin.Device.Region(Start >> IoRegion.SectorShift, sectors)],
            CopyFlags.Flush, MergeCopy.Copied, new MergeCopy(origin.Actor));
    }

    private void NextRun()
    {
        if (Store.MustReadBack)
        {
            Store.PlanReadBack(Snapshot.Live.Metadata);
            Snapshot.Live.Metadata.Start(Snapshot.Cow, ReadBack);
            return;
        }
        (_run, _runCount) = Store.LastRun();
        if (_runCount == 0)
            Stop(IoError.None, null);
        else
            gate.Admit(this);
    }

    private void ReadBack(IoError error)
    {
        if (error != IoError.None)
        {
            FailMerge(error, "the metadata of its store could not be read");
            return;
        }
        Store.ReadBackEnded();
        NextRun();
    }

    private void Removed(IoError error)
    {
        if (error != IoError.None)
        {
            // The records may be on the medium or not, so after a restart a write to the run, wherever it goes now, could be looked for in the other place.
            Store.KeepRemoved();
            _isUncertain = true;
            FailMerge(error, "the records of a merged run could not be removed from its store; until they are removed, its chunks cannot be written");
            return;
        }
        Store.Removed(_runCount);
        for (var i = 0; i < _runCount; i++)
            Snapshot.Table.Remove(_run.Old + i);
        _job!.Add(_runCount, Snapshot.Table.Count);
        EndRun();
    }

    /// <summary>Starts the writes that waited for the run, wherever its chunks are now.</summary>
    private void EndRun()
    {
        if (!_isUncertain)
            _runCount = 0;
        _isBusy = false;
        var waiting = _afterRun.ToArray();
        _afterRun.Clear();
        foreach (var write in waiting)
            Write(write);
    }

    private void FailMerge(IoError error, string reason)
    {
        Snapshot.Become(SnapshotState.MergeFailed, SnapshotProblem.MergeFailed, reason);
        news.Failed(Snapshot);
        EndRun();
        Stop(error, reason);
    }

    private void Write(SnapshotIo write)
    {
        var geometry = Snapshot.Geometry;
        var chunk = geometry.ChunkOf(write.Start);
        var place = Snapshot.Table.Find(chunk);
        if (place < 0)
            gate.Admit(write);
        else if (_runCount == 0 || chunk < _run.Old || chunk >= _run.Old + _runCount)
            parts.StartInStore(write, geometry.OffsetOf(place) + write.Start - geometry.OffsetOf(chunk));
        else if (_isUncertain)
            parts.Fail(write);
        else
            _afterRun.Add(write);
    }
}

/// <summary>The result of copying a run of a merge.</summary>
internal sealed class MergeCopy(IActorRef origin) : LinkedMessage
{
    private readonly IActorRef _origin = origin;

    public CopyResult Result { get; private set; } = null!;

    // Runs on the copy client.
    public static void Copied(CopyResult result)
    {
        var copy = (MergeCopy)result.Context!;
        copy.Result = result;
        copy._origin.Tell(copy, ActorRefs.NoSender);
    }
}
