namespace Kcopyd.Actors.Mirrors;

/// <summary>The legs of a mirror. Used by the mirror's actor only.</summary>
/// <remarks>Invariant: at least one leg is in sync. The last one never fails: its errors are the caller's.</remarks>
internal sealed class MirrorLegs(IReadOnlyList<MirrorLeg> legs, MirrorGeometry geometry)
{
    private readonly List<MirrorLeg> _legs = [.. legs];     // at most MirrorLabel.MaxLegs
    private int _lastRead;
    private int _changes, _recordedChanges;

    public int Count => _legs.Count;

    /// <summary>True if a leg has failed or come back and the log does not say so yet. Until it does, no write is acknowledged.</summary>
    public bool AreUnrecorded => _changes != _recordedChanges;

    /// <summary>Number of changes, to be passed to <see cref="Recorded"/>.</summary>
    public int Changes => _changes;

    /// <summary>True if a leg misses writes: then no region becomes clean, so that the log keeps which regions it lacks.</summary>
    public bool HasFailed => Number(MirrorLegState.Failed) > 0;

    public bool HasRebuilding => Number(MirrorLegState.Rebuilding) > 0;

    /// <summary>Number of legs in use.</summary>
    public int WrittenCount => _legs.Count - Number(MirrorLegState.Failed);

    public int InSyncCount => Number(MirrorLegState.InSync);

    public MirrorLeg this[int index] => _legs[index];

    public IBlockDevice[] DevicesInUse => [.. _legs.Where(static leg => leg.IsWritten).Select(static leg => leg.Device!)];

    public IBlockDevice[] AllDevices => [.. _legs.Select(static leg => leg.Device).OfType<IBlockDevice>()];

    /// <summary>The leg from which a region that is not in sync is read and copied: the first one that is in sync.</summary>
    public int Source => _legs.FindIndex(static leg => leg.IsInSync);

    /// <summary>The leg in sync with the fewest I/Os in flight, in turn if several have; -1 if all were tried.</summary>
    /// <param name="tried">A bit for each leg that must not be chosen.</param>
    public int Pick(uint tried)
    {
        var best = -1;
        for (var i = 1; i <= _legs.Count; i++)
        {
            var at = (_lastRead + i) % _legs.Count;
            if (_legs[at].IsInSync && (tried & (1u << at)) == 0 && (best < 0 || _legs[at].Outstanding < _legs[best].Outstanding))
                best = at;
        }
        if (best >= 0)
            _lastRead = best;
        return best;
    }

    /// <summary>True if one of these legs is in sync.</summary>
    /// <param name="some">A bit for each leg.</param>
    public bool HaveOneInSync(uint some)
    {
        for (var i = 0; i < _legs.Count; i++)
        {
            if (_legs[i].IsInSync && (some & (1u << i)) != 0)
                return true;
        }
        return false;
    }

    /// <summary>Ends the use of a leg, unless it is the last one in sync.</summary>
    /// <returns>True if the leg is no longer used because of this call.</returns>
    public bool TryFail(int index, MirrorLegHealth error)
    {
        var leg = _legs[index];
        leg.Had(error);
        if (!leg.IsWritten || !CanMiss(index))
            return false;
        leg.State = MirrorLegState.Failed;
        _changes++;
        return true;
    }

    public IReadOnlyList<HeldLeg> InSync()
    {
        var legs = new List<HeldLeg>();
        for (var i = 0; i < _legs.Count; i++)
        {
            if (_legs[i].IsInSync)
                legs.Add(new HeldLeg(i, _legs[i].Device!));
        }
        return legs;
    }

    /// <summary>Puts a leg in a place, or behind the last one.</summary>
    public void Put(int index, MirrorLeg leg)
    {
        if (index == _legs.Count)
            _legs.Add(leg);
        else
            _legs[index] = leg;
        _changes++;
    }

    public void Insert(int index, MirrorLeg leg)
    {
        _legs.Insert(index, leg);
        _changes++;
    }

    public void RemoveAt(int index)
    {
        _legs.RemoveAt(index);
        _changes++;
    }

    /// <summary>True if the mirror has its content without a leg.</summary>
    public bool CanMiss(int index) => !_legs[index].IsInSync || Number(MirrorLegState.InSync) > 1;

    /// <summary>Called when a record has ended that began when there were that many changes.</summary>
    public void Recorded(int changes) => _recordedChanges = changes;

    /// <summary>The label that records their states.</summary>
    public MirrorLabel Label() =>
        new(geometry.Length, geometry.RegionSize, _legs.ConvertAll(static leg => new LegLabel(leg.Key, !leg.IsInSync)));

    /// <summary>Called when every region is equal on all legs in use, and that is on stable storage.</summary>
    public void Rebuilt()
    {
        foreach (var leg in _legs)
        {
            if (leg.IsWritten)
                leg.Recover();
        }
        _changes++;
    }

    private int Number(MirrorLegState state)
    {
        var number = 0;
        foreach (var leg in _legs)
            number += leg.State == state ? 1 : 0;
        return number;
    }
}
