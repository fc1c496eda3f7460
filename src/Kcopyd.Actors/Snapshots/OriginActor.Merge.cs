using Akka.Actor;
using Kcopyd.Actors.BlockIo;
using Kcopyd.Actors.Devices;
using Kcopyd.Actors.Messaging;

namespace Kcopyd.Actors.Snapshots;

/// <content>
/// Merges a snapshot into the origin, from the end of its records backwards, a run at a time.
/// <code>
///  last run ──▶ other snapshots have its chunks, no write to it on its way ──▶ copied to the origin, flushed ──▶ records removed ──▶ next
///                   writes to the run wait ───────────────────────────────────────────────────────────────────────┘
/// </code>
/// A power cut anywhere leaves records whose chunks are at the origin already, or not at all: merging them again changes nothing.
/// </content>
internal sealed partial class OriginActor
{
    private readonly List<SnapshotIo> _afterRun = [];     // writes to the run that is being merged
    private SnapshotCore? _merging;
    private MergeJob? _merge;                           // null: it stands still
    private bool _isMergeBusy;
    private ExceptionRecord _run;
    private int _runCount;
    private bool _isRunUncertain;                       // its records may be off the medium, or not

    private bool IsMergeQuiet => !_isMergeBusy;

    private PersistentStore MergingStore => (PersistentStore)_merging!.Store;

    private void StartMerge(SnapshotCore snapshot, MergeJob merge)
    {
        snapshot.IsMerging = true;
        snapshot.HasMergeFailed = snapshot.HasOverflowed = false;    // nothing is allocated any more
        (snapshot.Problem, snapshot.Reason) = (SnapshotProblem.None, null);
        _merging = snapshot;
        _merge = merge;
    }

    /// <summary>Begins with the next run, unless somebody waits for quiet.</summary>
    private void ContinueMerge()
    {
        if (_merge is null || _isMergeBusy || _whenQuiet.Count > 0)
            return;
        if (_merge.IsCancelled)
        {
            EndMerge(IoError.Cancelled, null);
            return;
        }
        _isMergeBusy = true;
        _isRunUncertain = false;
        NextRun();
    }

    private void NextRun()
    {
        var snapshot = _merging!;
        if (MergingStore.MustReadBack)
        {
            MergingStore.PlanReadBack(snapshot.Metadata);
            snapshot.Metadata.Start(snapshot.Cow, error =>
            {
                if (error != IoError.None)
                {
                    FailMerge(error, "its store's metadata could not be read");
                    return;
                }
                MergingStore.IsReadBack();
                NextRun();
            });
            return;
        }
        (_run, _runCount) = MergingStore.LastRun();
        if (_runCount == 0)
        {
            EndMerge(IoError.None, null);
            return;
        }
        // Writes to the run wait from here on; those that are in flight, and the other snapshots, are waited for.
        var start = snapshot.Geometry.OffsetOf(_run.Old);
        var turn = new SnapshotIo { Owner = new MergeTurn(this), Operation = DeviceOperation.None, SourceOffset = start, Length = RunLength(snapshot, start) };
        WriteOrigin(turn);
    }

    private long RunLength(SnapshotCore snapshot, long start) =>
        Math.Min((long)_runCount << snapshot.Geometry.Shift, _core.Device.Length - start);

    private void CopyRun()
    {
        var snapshot = _merging!;
        var start = snapshot.Geometry.OffsetOf(_run.Old);
        var sectors = RunLength(snapshot, start) >> IoRegion.SectorShift;
        _client.Copy(
            snapshot.Cow.Region(snapshot.Geometry.OffsetOf(_run.New) >> IoRegion.SectorShift, sectors),
            [_core.Device.Region(start >> IoRegion.SectorShift, sectors)],
            CopyFlags.Flush, MergeCopy.Copied, new MergeCopy(Self));
    }

    private void MergeCopied(MergeCopy copy)
    {
        var snapshot = _merging!;
        if (copy.Result!.ReadError || copy.Result.WriteErrors != 0)
        {
            var fault = copy.Result.ReadFault ?? copy.Result.Destinations[0].Fault;
            FailMerge(fault?.Error ?? IoError.Io, fault?.Message ?? "a run could not be copied to the origin");
            return;
        }
        MergingStore.PlanRemoval(snapshot.Metadata, _runCount);
        snapshot.Metadata.Start(snapshot.Cow, RunRemoved);
    }

    private void RunRemoved(IoError error)
    {
        var snapshot = _merging!;
        if (error != IoError.None)
        {
            // Whichever way a write to the run went now, a restart could look for it on the other.
            MergingStore.KeepRemoved();
            _isRunUncertain = true;
            FailMerge(error, "the records of a run that is merged could not be removed from its store; until that is done, its chunks cannot be written");
            return;
        }
        MergingStore.Removed(_runCount);
        for (var i = 0; i < _runCount; i++)
            snapshot.Table.Remove(_run.Old + i);
        _merge!.Add(_runCount, snapshot.Table.Count);
        EndRun();
    }

    /// <summary>What waited for the run goes on, wherever its chunks are now.</summary>
    private void EndRun()
    {
        if (!_isRunUncertain)
            _runCount = 0;
        _isMergeBusy = false;
        var waiting = _afterRun.ToArray();
        _afterRun.Clear();
        foreach (var write in waiting)
            WriteMerging(write, _merging!);
    }

    private void FailMerge(IoError error, string reason)
    {
        var snapshot = _merging!;
        snapshot.HasMergeFailed = true;
        (snapshot.Problem, snapshot.Reason) = (SnapshotProblem.MergeFailed, reason);
        TellFailed(snapshot);
        EndRun();
        EndMerge(error, reason);
    }

    private void EndMerge(IoError error, string? reason)
    {
        _isMergeBusy = false;
        _merge?.End(error, reason, _merging!.Table.Count);
        _merge = null;
    }

    private void MapMergingWrite(BlockRequest request, SnapshotCore snapshot)
    {
        for (long at = 0; at < request.Length;)
        {
            // By chunks where something is in the store: the run that is being merged may begin and end anywhere.
            var (place, end) = Stretch(request, snapshot, at);
            if (place >= 0)
                end = Math.Min(end, snapshot.Geometry.OffsetOf(snapshot.Geometry.ChunkOf(request.Offset + at) + 1) - request.Offset);
            WriteMerging(Part(request, snapshot, at, end - at, DeviceOperation.Write), snapshot);
            at = end;
        }
    }

    private void WriteMerging(SnapshotIo write, SnapshotCore snapshot)
    {
        var geometry = snapshot.Geometry;
        var chunk = geometry.ChunkOf(write.SourceOffset);
        if (snapshot.Table.Find(chunk) is var place && place < 0)
            WriteOrigin(write);
        else if (_runCount > 0 && chunk >= _run.Old && chunk < _run.Old + _runCount)
        {
            if (_isRunUncertain)
                FailPart(write);
            else
                _afterRun.Add(write);
        }
        else
            StartInStore(write, geometry.OffsetOf(place) + write.SourceOffset - geometry.OffsetOf(chunk));
    }

    private sealed class MergeTurn(OriginActor actor) : IIoOwner
    {
        public void Ended(DeviceIo io) => actor.CopyRun();
    }
}

/// <summary>A run of a merge was copied, or not.</summary>
internal sealed class MergeCopy(IActorRef origin) : LinkedMessage
{
    public CopyResult? Result { get; private set; }

    // On the copy client.
    public static void Copied(CopyResult result)
    {
        var copy = (MergeCopy)result.Context!;
        copy.Result = result;
        copy._origin.Tell(copy, ActorRefs.NoSender);
    }

    private readonly IActorRef _origin = origin;
}
