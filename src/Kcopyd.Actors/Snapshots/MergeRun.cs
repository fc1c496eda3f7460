using Akka.Actor;
using Kcopyd.Actors.Devices;
using Kcopyd.Actors.Messaging;

namespace Kcopyd.Actors.Snapshots;

/// <summary>Merges a snapshot into the origin, from the end of its records backwards, a run at a time. Used by the origin's actor only.</summary>
/// <remarks><code>
///  last run (Continue) ──▶ other snapshots have its chunks, no write to it on its way (Begin) ──▶ copied to the origin, flushed (Copied) ──▶ records removed (Removed) ──▶ next
///                              writes to the run wait (Write) ──────────────────────────────────────────────────────────────────────────────────────┘ (EndRun)
/// </code>
/// A power cut anywhere leaves records whose chunks are at the origin already, or not at all: merging them again changes nothing.
/// </remarks>
internal sealed class MergeRun(OriginCore origin, OriginSnapshots snapshots, RequestParts parts, IOriginGate gate, CopyQueue copies, SnapshotNews news) : IOriginChange
{
    private readonly List<SnapshotIo> _afterRun = [];   // writes to the run that is being merged
    private MergeJob? _job;                             // null: it stands still
    private bool _isBusy;
    private ExceptionRecord _run;
    private int _runCount;
    private bool _isUncertain;                          // its records may be off the medium, or not

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
        snapshot.Become(SnapshotState.Merging);     // also one that overflowed: nothing is allocated any more
        snapshots.Merging = snapshot;
        _job = job;
    }

    /// <summary>Begins with the next run.</summary>
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

    /// <summary>Ends the merge, if there is one. What is not merged stays in the store.</summary>
    public void Stop(IoError error, string? reason)
    {
        _isBusy = false;
        _job?.End(error, reason, Snapshot.Table.Count);
        _job = null;
    }

    /// <summary>The snapshot that is merged is closed.</summary>
    public void Leave()
    {
        Stop(IoError.Cancelled, "the snapshot was closed");
        (snapshots.Merging, _runCount, _isUncertain) = (null, 0, false);
    }

    /// <summary>Maps a write to what is merged.</summary>
    public void Map(OriginRequest request)
    {
        for (long at = 0; at < request.Length;)
        {
            // By chunks where something is in the store: the run that is being merged may begin and end anywhere.
            var (place, end) = Snapshot.Stretch(request, at);
            if (place >= 0)
                end = Math.Min(end, Snapshot.Geometry.OffsetOf(Snapshot.Geometry.ChunkOf(request.Offset + at) + 1) - request.Offset);
            Write(parts.Make(request, Snapshot, at, end - at, DeviceOperation.Write));
            at = end;
        }
    }

    /// <summary>The run is copied.</summary>
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

    // Other snapshots have what the run destroys. The writes to it that are in flight go first; those that come wait.
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
            FailMerge(error, "its store's metadata could not be read");
            return;
        }
        Store.IsReadBack();
        NextRun();
    }

    private void Removed(IoError error)
    {
        if (error != IoError.None)
        {
            // Whichever way a write to the run went now, a restart could look for it on the other.
            Store.KeepRemoved();
            _isUncertain = true;
            FailMerge(error, "the records of a run that is merged could not be removed from its store; until that is done, its chunks cannot be written");
            return;
        }
        Store.Removed(_runCount);
        for (var i = 0; i < _runCount; i++)
            Snapshot.Table.Remove(_run.Old + i);
        _job!.Add(_runCount, Snapshot.Table.Count);
        EndRun();
    }

    /// <summary>What waited for the run begins, wherever its chunks are now.</summary>
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

/// <summary>A run of a merge was copied, or not.</summary>
internal sealed class MergeCopy(IActorRef origin) : LinkedMessage
{
    private readonly IActorRef _origin = origin;

    public CopyResult Result { get; private set; } = null!;

    // On the copy client.
    public static void Copied(CopyResult result)
    {
        var copy = (MergeCopy)result.Context!;
        copy.Result = result;
        copy._origin.Tell(copy, ActorRefs.NoSender);
    }
}
