using Akka.Actor;
using Kcopyd.Actors.Messaging;
using Kcopyd.Actors.Snapshots;

namespace Kcopyd.Actors.Tests.Snapshots.Model;

/// <content>What happens to whole snapshots: they are attached and detached, become invalid, are merged.</content>
internal sealed partial class World
{
    private CancellationTokenSource? _cancel;
    private View? _merging, _merged;
    private Task<MergeResult>? _merge;

    public bool IsMerging => _merge is { IsCompleted: false };

    /// <summary>The snapshot that is, or was, merged into the origin.</summary>
    public View? Merging => _merging;

    /// <summary>What the origin showed until a merge began.</summary>
    public History OriginBefore { get => field ?? Origin.History!; private set; }

    /// <summary>A merge has begun at some time: other snapshots have copies of chunks that no request to them or to the origin has touched.</summary>
    public bool HasMerged { get; private set; }

    public MergeResult? Merged { get; private set; }

    public void Merge(View view)
    {
        if (_merge is not null)
            return;
        _cancel?.Dispose();
        _cancel = new CancellationTokenSource();
        _merged = view;
        var job = new MergeJob(Completions.OnPool, null, _cancel.Token);
        _merge = job.Ended.Task;
        _core.Actor.Tell(new MergeSnapshot(view.Core!, job), ActorRefs.NoSender);
    }

    public void CancelMerge() => _cancel?.Cancel();

    private void Watch()
    {
        // In the order in which these can happen within one step.
        foreach (var view in Snapshots)
        {
            if (view.IsClosing && !view.IsClosed && view.Detached.Task.IsCompletedSuccessfully)
                Detached(view);
        }
        foreach (var view in Snapshots)
        {
            if (view.History is null && view.Attached.Task.IsCompletedSuccessfully)
                Attached(view);
            if (view.Core!.IsInvalid && view.InvalidSince == int.MaxValue)
                Invalid(view);
            if (view.Core.State == SnapshotState.Overflow)
                view.Overflowed = Log.Now;
        }
        foreach (var view in Snapshots)     // a snapshot attached in the same step was attached first: a merge refuses it
        {
            // Nothing observes the merge of a snapshot that is closed in the same step.
            if (view is { IsClosed: false, MergedSince: int.MaxValue, Core.IsMerging: true })
                MergeBegan(view);
        }
        if (_merge is { IsCompleted: true })
            MergeEnded(_merge);
    }

    // No I/O is in flight now, and the next one has not reached a worker: the origin holds exactly what is frozen.
    private void Attached(View view)
    {
        var now = Log.Tick();
        view.Attachment = now;
        Story.Add($"{now}: {view.Name} is attached, {view.Core!.Status()}");
        var content = Origin.Disk.Content;
        for (var i = 0; i < Sectors; i++)
        {
            if (!Origin.History!.Shows(i, WriterAt(content, i), now))
                Complain($"sector {i} of the origin holds {WriterAt(content, i)}, not one of {Origin.History.Tell(i)}");
        }
        var cow = view.Disk.Content;
        var (geometry, table) = (view.Core.Geometry, view.Core.Table);
        var chunk = geometry.ChunkSize / Sector.Size;
        view.History = Origin.History!.Freeze(sector => WriterAt(content, sector), now);
        foreach (var record in table.All())
        {
            if (!HasMerged && view.Previous is { } before && !before.Touched.Contains(record.Old))
                Complain($"{view.Name} has {record}, and no request wrote there");
            view.Touched.Add(record.Old);
            view.Held.Add(record.Old);
            for (var i = 0; i < chunk && record.Old * chunk + i < Sectors; i++)
            {
                var at = (int)record.Old * chunk + i;
                var writer = Sector.WriterOf(cow.Span.Slice((int)geometry.OffsetOf(record.New) + i * Sector.Size, Sector.Size), at);
                if (view.Previous is { History: { } history } && !history.Shows(at, writer, now))
                    Complain($"sector {at} of {view.Name} shows {writer} when it is reopened, not one of {history.Tell(at)}");
                view.History.Reset(at, writer, now);
            }
        }
        if (view.Previous is { } closed && closed.MergedSince == int.MaxValue && !view.Core.IsInvalid
            && closed.Held.FirstOrDefault(old => table.Find(old) < 0, -1) is var lost and >= 0)
        {
            Complain($"{view.Name} has lost chunk {lost} when it is reopened");
        }
        foreach (var request in _open.Where(request => request.View.Core is null && request.Changes))
            Touch(request);
    }

    private void Invalid(View view)
    {
        view.InvalidSince = Log.Tick();
        var status = view.Core!.Status();
        Story.Add($"{Log.Now}: {view.Name} is invalid: {status.Reason}, {status.UsedSectors}/{status.TotalSectors}");
        if (!HasFaults && status.UsedSectors + status.ChunkSize / Sector.Size <= status.TotalSectors)
            Complain($"{view.Name} is invalid without a reason: {status.Reason}, {status.UsedSectors}/{status.TotalSectors}");
    }

    private void MergeBegan(View view)
    {
        view.MergedSince = Origin.MergedSince = Log.Tick();
        Story.Add($"{Log.Now}: {view.Name} is being merged");
        _merging = view;
        HasMerged = true;
        // A request that is not answered now begins after this, or was done before and its answer is outstanding.
        foreach (var request in _open)
        {
            request.IsUncertain = true;
            if (request.View.Core is not null)
                continue;
            for (var i = 0; i < request.Writes.Length; i++)
                view.History!.Add(request.Sector + i, request.Writes[i]);
        }
        OriginBefore = Origin.History!;
        Origin.History = view.History;
    }

    private void MergeEnded(Task<MergeResult> merge)
    {
        _merge = null;
        if (merge.IsFaulted)
        {
            Story.Add($"{Log.Now}: {merge.Exception!.InnerException!.Message}");
            return;
        }
        Merged = merge.Result;
        Story.Add($"{Log.Now}: {Merged}");
        var isCancelled = _cancel!.IsCancellationRequested || _merged!.IsClosing;
        if (!HasFaults && !Merged.IsComplete && !(isCancelled && Merged.Error == IoError.Cancelled))
            Complain($"the merge failed without a reason: {Merged}");
        if (Merged.Remaining != _merged!.Core!.Table.Count)
            Complain($"the merge reports {Merged.Remaining} exceptions, and the table has {_merged.Core.Table.Count}");
    }

    private void Detached(View view)
    {
        view.IsClosed = true;
        Story.Add($"{Log.Tick()}: {view.Name} is closed");
        if (view != _merging)
            return;
        // From now on the origin shows the merged chunks, and elsewhere what it held.
        var content = Origin.Disk.Content;
        var chunk = view.Core!.Geometry.ChunkSize / Sector.Size;
        for (var i = 0; i < Sectors; i++)
        {
            if (view.Core.Table.Find(i / chunk) < 0 && !view.History!.Shows(i, WriterAt(content, i), Log.Now))
                Complain($"sector {i} of the origin holds {WriterAt(content, i)} after a merge, not one of {view.History.Tell(i)}");
        }
        Origin.History = History.Of(sector => WriterAt(content, sector), Sectors, Log.Now);
        Origin.MergedSince = int.MaxValue;
        foreach (var request in _open.Where(static request => request.View.Core is null))
        {
            request.IsUncertain = true;
            for (var i = 0; i < request.Writes.Length; i++)
                Origin.History.Add(request.Sector + i, request.Writes[i]);
        }
        _merging = null;
    }
}
