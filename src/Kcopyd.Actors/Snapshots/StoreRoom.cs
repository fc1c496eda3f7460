using Kcopyd.Actors.BlockIo;
using Kcopyd.Actors.Devices;

namespace Kcopyd.Actors.Snapshots;

/// <summary>The result of an allocation.</summary>
internal enum StoreAllocation
{
    Done,
    /// <summary>The store is growing: try again when it has grown.</summary>
    Later,
    Full,
}

/// <summary>
/// Allocates room in the store. A file or volume that was extended externally is detected when the status is requested, when the store is nearly full, and when
/// it is full; a store that may grow automatically does so in the last two cases, and requests that need the room wait. Used by the origin's actor only.
/// </summary>
internal sealed class StoreRoom
{
    private readonly SnapshotCore _snapshot;
    private readonly DeviceSequence _growing;
    private readonly SnapshotNews _news;
    private readonly Action<OriginRequest, long> _continueWrite;
    private readonly List<IOriginChange> _changes = [];                     // wait until it has grown, or has failed to
    private readonly List<(OriginRequest Request, long At)> _writes = [];   // to the snapshot, starting at a byte
    private double _reportFrom;         // percentage of the store
    private bool _cannotGrow;           // growing just failed: resumed work must not try it again

    /// <param name="snapshot">The snapshot.</param>
    /// <param name="growing">Grows the store.</param>
    /// <param name="news">Reports that the store is filling.</param>
    /// <param name="continueWrite">Continues a write to the snapshot at a byte.</param>
    public StoreRoom(SnapshotCore snapshot, DeviceSequence growing, SnapshotNews news, Action<OriginRequest, long> continueWrite)
    {
        (_snapshot, _growing, _news, _continueWrite) = (snapshot, growing, news, continueWrite);
        _reportFrom = snapshot.FillThreshold;
    }

    public bool IsGrowing => _growing.IsBusy;

    private double Percent => 100.0 * (_snapshot.Store.UsedSectors << IoRegion.SectorShift) / _snapshot.Cow.Length;

    public StoreAllocation TryAllocate(out long chunk)
    {
        if (_snapshot.Store.TryAllocate(_snapshot.Cow.Length, out chunk))
            return StoreAllocation.Done;
        Refresh();
        if (_snapshot.Store.TryAllocate(_snapshot.Cow.Length, out chunk))
            return StoreAllocation.Done;
        return !_cannotGrow && (_growing.IsBusy || StartGrowing()) ? StoreAllocation.Later : StoreAllocation.Full;
    }

    /// <summary>Makes a change of the origin wait after <see cref="StoreAllocation.Later"/>.</summary>
    public void Await(IOriginChange change)
    {
        change.Waits++;
        _changes.Add(change);
    }

    /// <summary>Makes a write to the snapshot wait, to continue at a byte.</summary>
    public void Await(OriginRequest request, long at)
    {
        request.Parts++;
        _writes.Add((request, at));
    }

    /// <summary>Checks whether the store was extended externally.</summary>
    public void Refresh()
    {
        if (_snapshot.Cow is not IGrowingDevice device || _snapshot.IsClosed)
            return;
        var before = _snapshot.Cow.Length;
        device.Refresh();
        if (_snapshot.Cow.Length > before)
            HasGrown();
    }

    /// <summary>Handles additional room in the store.</summary>
    public void HasGrown()
    {
        _reportFrom = _snapshot.FillThreshold;
        if (_snapshot.State == SnapshotState.Overflow)
            _snapshot.Become(SnapshotState.Active);
    }

    /// <summary>Grows the store, or reports that it is filling, if its use has reached the threshold.</summary>
    public void ReportIfFilling()
    {
        if (_snapshot.IsInvalid || Percent < _reportFrom)
            return;
        Refresh();
        var percent = Percent;
        if (percent < _reportFrom || _growing.IsBusy || (!_cannotGrow && StartGrowing()))
            return;
        _reportFrom = (int)percent + 1;
        _news.Filling(_snapshot, percent);
    }

    /// <returns>False if it may not grow, or has reached its limit.</returns>
    private bool StartGrowing()
    {
        if (_snapshot.Options.Growth is not { } growth || _snapshot.Cow.Length >= growth.Limit || _snapshot.IsInvalid)
            return false;
        var length = _snapshot.Cow.Length > growth.Limit - growth.Step ? growth.Limit : _snapshot.Cow.Length + growth.Step;
        _growing.Grow(length).Start(_snapshot.Cow, Grown);
        return true;
    }

    private void Grown(IoError error)
    {
        if (error == IoError.None)
            HasGrown();
        _news.Grown(_snapshot, error);
        var (changes, writes) = (_changes.ToArray(), _writes.ToArray());
        _changes.Clear();
        _writes.Clear();
        _cannotGrow = error != IoError.None;
        foreach (var change in changes)
            change.Release();
        foreach (var (request, at) in writes)
            _continueWrite(request, at);
        ReportIfFilling();
        _cannotGrow = false;
    }
}
