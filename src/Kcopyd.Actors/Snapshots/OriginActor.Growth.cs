using Akka.Event;
using Kcopyd.Actors.Devices;

namespace Kcopyd.Actors.Snapshots;

/// <content>
/// Room in the store. One whose file or volume somebody has extended is seen when its status is asked for, when it is nearly full, and when it is full; one that may grow by itself
/// does so then, and what needs the room waits.
/// </content>
internal sealed partial class OriginActor
{
    /// <summary>How an allocation ended.</summary>
    private enum Allocation
    {
        Done,
        /// <summary>The store is growing: look again when that has ended.</summary>
        Later,
        Full,
    }

    private Allocation TryAllocate(SnapshotCore snapshot, out long chunk)
    {
        if (snapshot.Store.TryAllocate(snapshot.Cow.Length, out chunk))
            return Allocation.Done;
        Refresh(snapshot);
        if (snapshot.Store.TryAllocate(snapshot.Cow.Length, out chunk))
            return Allocation.Done;
        return !snapshot.CannotGrow && (snapshot.Growing.IsBusy || StartGrowing(snapshot)) ? Allocation.Later : Allocation.Full;
    }

    /// <summary>Looks whether somebody has extended it.</summary>
    private static void Refresh(SnapshotCore snapshot)
    {
        if (snapshot.Cow is not IGrowingDevice device || snapshot.IsClosed)
            return;
        var before = snapshot.Cow.Length;
        device.Refresh();
        if (snapshot.Cow.Length > before)
            HasGrown(snapshot);
    }

    private SnapshotStatus CurrentStatus(SnapshotCore snapshot)
    {
        Refresh(snapshot);
        return snapshot.Status();
    }

    private static void HasGrown(SnapshotCore snapshot)
    {
        snapshot.TellFillingFrom = snapshot.FillThreshold;
        if (snapshot.IsInvalid)
            return;
        snapshot.HasOverflowed = false;
        if (snapshot.Problem is SnapshotProblem.StoreFull or SnapshotProblem.NoSpace)
            (snapshot.Problem, snapshot.Reason) = (SnapshotProblem.None, null);
    }

    /// <returns>False if it may not grow, or not any more.</returns>
    private bool StartGrowing(SnapshotCore snapshot)
    {
        if (snapshot.Options.Growth is not { } growth || snapshot.Cow.Length >= growth.Limit || snapshot.IsInvalid)
            return false;
        var length = snapshot.Cow.Length > growth.Limit - growth.Step ? growth.Limit : snapshot.Cow.Length + growth.Step;
        snapshot.Growing.Grow(length).Start(snapshot.Cow, error => Grown(snapshot, error));
        return true;
    }

    private void Grown(SnapshotCore snapshot, IoError error)
    {
        if (error == IoError.None)
        {
            HasGrown(snapshot);
            Log.Info("Snapshot '{0}': its store {1} has grown to {2} bytes.", snapshot.Name, snapshot.Cow.Name, snapshot.Cow.Length);
        }
        else
        {
            Log.Warning("Snapshot '{0}': its store {1} of {2} bytes cannot grow: {3}.", snapshot.Name, snapshot.Cow.Name, snapshot.Cow.Length, error.Describe());
        }
        var (originWrites, writes) = (snapshot.OriginWritesAfterGrowth.ToArray(), snapshot.WritesAfterGrowth.ToArray());
        snapshot.OriginWritesAfterGrowth.Clear();
        snapshot.WritesAfterGrowth.Clear();
        snapshot.CannotGrow = error != IoError.None;
        foreach (var write in originWrites)
            Released(write);
        foreach (var (request, at) in writes)
        {
            MapSnapshotWrite(request, snapshot, at);
            EndPart(request);
        }
        TellIfFilling(snapshot);
        snapshot.CannotGrow = false;
    }

    private void TellIfFilling(SnapshotCore snapshot)
    {
        if (snapshot.IsInvalid || PercentOf(snapshot) < snapshot.TellFillingFrom)
            return;
        Refresh(snapshot);
        var percent = PercentOf(snapshot);
        if (percent < snapshot.TellFillingFrom || snapshot.Growing.IsBusy || (!snapshot.CannotGrow && StartGrowing(snapshot)))
            return;
        snapshot.TellFillingFrom = (int)percent + 1;
        var status = snapshot.Status();
        Log.Warning("Snapshot '{0}': its store {1} is filling ({2}, {3:0} %). A full store ends the snapshot: grow it, merge it, or drop it.", snapshot.Name, snapshot.Cow.Name, status, percent);
        Context.System.EventStream.Publish(new SnapshotFilling(status));
    }

    private static double PercentOf(SnapshotCore snapshot) => 100.0 * (snapshot.Store.UsedSectors << IoRegion.SectorShift) / snapshot.Cow.Length;
}
