using Kcopyd.Actors.BlockIo;
using Kcopyd.Actors.Devices;

namespace Kcopyd.Actors.Snapshots;

/// <summary>How an allocation ended.</summary>
internal enum StoreAllocation
{
    Done,
    /// <summary>The store is growing: look again when that has ended.</summary>
    Later,
    Full,
}

/// <summary>
/// Room in the store. One whose file or volume somebody has extended is seen when its status is asked for, when it is nearly full, and when it is full; one
/// that may grow by itself does so then, and what needs the room waits. Used by the origin's actor only.
/// </summary>
internal sealed class StoreRoom
{
    private readonly SnapshotCore _snapshot;
    private readonly DeviceSequence _growing;
    private readonly SnapshotNews _news;
    private readonly Action<OriginRequest, long> _continueWrite;
    private readonly List<IOriginChange> _changes = [];                     // that wait until it has grown, or cannot
    private readonly List<(OriginRequest Request, long At)> _writes = [];   // to the snapshot, from a byte on
    private double _tellFrom;           // per cent of the store
    private bool _cannotGrow;           // it could not a moment ago: what waited for that does not try it again

    /// <param name="snapshot">The snapshot.</param>
    /// <param name="growing">Grows the store.</param>
    /// <param name="news">Where it is told that the store fills.</param>
    /// <param name="continueWrite">Continues a write to the snapshot from a byte on.</param>
    public StoreRoom(SnapshotCore snapshot, DeviceSequence growing, SnapshotNews news, Action<OriginRequest, long> continueWrite)
    {
        (_snapshot, _growing, _news, _continueWrite) = (snapshot, growing, news, continueWrite);
        _tellFrom = snapshot.FillThreshold;
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

    /// <summary>A change of the origin waits for <see cref="StoreAllocation.Later"/>.</summary>
    public void Await(IOriginChange change)
    {
        change.Waits++;
        _changes.Add(change);
    }

    /// <summary>A write to the snapshot waits for it, from a byte on.</summary>
    public void Await(OriginRequest request, long at)
    {
        request.Parts++;
        _writes.Add((request, at));
    }

    /// <summary>Looks whether somebody has extended the store.</summary>
    public void Refresh()
    {
        if (_snapshot.Cow is not IGrowingDevice device || _snapshot.IsClosed)
            return;
        var before = _snapshot.Cow.Length;
        device.Refresh();
        if (_snapshot.Cow.Length > before)
            HasGrown();
    }

    /// <summary>The store has more room than before.</summary>
    public void HasGrown()
    {
        _tellFrom = _snapshot.FillThreshold;
        if (_snapshot.State == SnapshotState.Overflow)
            _snapshot.Become(SnapshotState.Active);
    }

    /// <summary>Tells that the store fills, or grows it.</summary>
    public void TellIfFilling()
    {
        if (_snapshot.IsInvalid || Percent < _tellFrom)
            return;
        Refresh();
        var percent = Percent;
        if (percent < _tellFrom || _growing.IsBusy || (!_cannotGrow && StartGrowing()))
            return;
        _tellFrom = (int)percent + 1;
        _news.Filling(_snapshot, percent);
    }

    /// <returns>False if it may not grow, or not any more.</returns>
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
        TellIfFilling();
        _cannotGrow = false;
    }
}
