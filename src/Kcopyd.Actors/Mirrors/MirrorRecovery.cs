using Akka.Actor;
using Kcopyd.Actors.Targets;

namespace Kcopyd.Actors.Mirrors;

/// <summary>Copies the regions that are not in sync from the source to the other legs, and what a leg could not read from another one. Used by the mirror's
/// actor only.</summary>
/// <remarks><code>
///  next region (Hold) ──▶ writes to it in flight end (Continue) ──▶ copied ──▶ Ended: in sync, waiting writes are released
///                                                                        └── a leg failed: it is dropped, or the region is given up until Retry
/// </code></remarks>
internal sealed class MirrorRecovery(
    MirrorCore mirror, MirrorLegs legs, MirrorRegions regions, MirrorHolds holds, RangeLocks<MirrorWrite> writes, MirrorRepairs repairs,
    MirrorNews news, IScheduler clock)
{
    private readonly RegionSet _givenUp = new(mirror.Geometry.Regions);     // their source could not be read

    private readonly Queue<RegionCopy> _scrubs = new();
    private long _recovering;       // regions that are held
    private TimeSpan _since;        // when the first region was copied
    private long _copiedBefore;

    public KcopydClient Client { get; set; } = null!;

    public bool IsPaused { get; private set; }

    /// <summary>True while nothing is being copied.</summary>
    public bool IsIdle => holds.Count == 0;

    /// <summary>Bytes copied by recovery since the mirror was opened.</summary>
    public long Copied { get; private set; }

    /// <summary>True if a region is to be copied.</summary>
    public bool IsNeeded => regions.InSync.Count + _givenUp.Count < regions.InSync.Size;

    private bool HasNext => regions.InSync.Count + _givenUp.Count + _recovering < regions.InSync.Size;

    public long GivenUp => _givenUp.Count;

    /// <summary>How long the rest will take at the rate so far; null if that is unknown.</summary>
    public TimeSpan? TimeLeft
    {
        get
        {
            var (copied, left) = (Copied - _copiedBefore, (regions.InSync.Size - regions.InSync.Count) * mirror.Geometry.RegionSize);
            return IsPaused || !IsNeeded || copied <= 0 ? null : (clock.MonotonicClock - _since) * ((double)left / copied);
        }
    }

    /// <summary>Starts copies that can start.</summary>
    /// <param name="mayBegin">False if no other range may be held now.</param>
    public void Continue(bool mayBegin)
    {
        if (mayBegin)
            BeginCopies();
        for (var copy = holds.First; copy is not null;)
        {
            var next = copy.After;
            if (!copy.IsCopying && writes.HolderOf(copy.Start, copy.End) is null)
                Start(copy);
            copy = next;
        }
    }

    /// <summary>Pauses or resumes recovery; regions that are being copied end. Repairs continue.</summary>
    public void Pause(bool isPaused) => (IsPaused, _since) = (isPaused, TimeSpan.Zero);

    /// <summary>Tries regions again that were given up.</summary>
    public void Retry() => _givenUp.Clear();

    /// <summary>Called when legs were changed: what is known of them no longer holds.</summary>
    public void LegsChanged()
    {
        Retry();
        repairs.Clear();
    }

    /// <summary>Stops what is being copied: each copy still ends.</summary>
    public void Stop()
    {
        IsPaused = true;
        repairs.Clear();
        for (var copy = holds.First; copy is not null;)
        {
            var next = copy.After;
            if (copy.Held is null && copy.IsCopying)
                copy.Job.Cancel();
            else if (copy.Held is null)
                Release(copy);
            copy = next;
        }
    }

    /// <summary>Holds a range for a scrub, as soon as no write is in flight there and nothing else holds it.</summary>
    public void Hold(RegionCopy range) => _scrubs.Enqueue(range);

    public void Ended(RegionCopy copy)
    {
        Release(copy);
        if (copy.Result.IsCancelled)
            return;
        for (var i = 0; i < copy.Targets.Count; i++)
        {
            if (copy.WriteError(i) is var error and not IoError.None && legs.TryFail(copy.Targets[i], MirrorLegHealth.Resync))
                news.LegFailed(legs, copy.Targets[i], error);
        }
        if (copy.Region < 0)
            Repaired(copy);
        else
            Recovered(copy);
    }

    private void BeginCopies()
    {
        while (_scrubs.TryPeek(out var range) && holds.HolderOf(range.Start, range.End) is null)
            holds.Add(_scrubs.Dequeue());
        while (holds.Count < mirror.Settings.MaxRecoveries && repairs.TryTake(out var repair))
            HoldForRepair(repair);
        if (IsPaused || !HasNext)
            return;
        if (legs.WrittenCount == 1)
        {
            regions.InSync.Fill();      // with itself; the log keeps what the others lack
            EndIfInSync();
            return;
        }
        while (HasNext && holds.Count < mirror.Settings.MaxRecoveries && NextRegion() is var region and >= 0)
            Hold(region);
    }

    // Regions in use first, then the lowest one.
    private long NextRegion()
    {
        while (regions.Wanted.TryDequeue(out var wanted))
        {
            if (IsWaiting(wanted))
                return wanted;
        }
        var region = regions.InSync.NextMissing(0);
        while (region >= 0 && !IsWaiting(region))
            region = regions.InSync.NextMissing(region + 1);
        return region;
    }

    private bool IsWaiting(long region) => !regions.InSync.Contains(region) && !_givenUp.Contains(region)
        && holds.HolderOf(mirror.Geometry.Start(region), mirror.Geometry.End(region)) is null;

    private void Hold(long region)
    {
        if (_since == TimeSpan.Zero)
            (_since, _copiedBefore) = (clock.MonotonicClock, Copied);
        _recovering++;
        holds.Add(new RegionCopy(mirror.Actor) { Region = region, Start = mirror.Geometry.Start(region), End = mirror.Geometry.End(region) });
    }

    private void Release(RegionCopy copy)
    {
        _recovering -= copy.Region >= 0 ? 1 : 0;
        holds.Release(copy);
    }

    private void HoldForRepair((int Leg, long Start, long End) repair)
    {
        // Recovery rewrites a region that is not in sync, anyway.
        if (!legs[repair.Leg].IsInSync || !regions.AreInSync(repair.Start, repair.End) || holds.HolderOf(repair.Start, repair.End) is not null)
            return;
        var copy = new RegionCopy(mirror.Actor) { Start = repair.Start, End = repair.End };
        copy.Targets.Add(repair.Leg);
        holds.Add(copy);
    }

    private void Start(RegionCopy copy)
    {
        copy.IsCopying = true;
        if (copy.Held is { } held)
        {
            held.SetResult(regions.AreInSync(copy.Start, copy.End) ? legs.InSync() : []);
            return;
        }
        if (copy.Region >= 0)
        {
            copy.Source = legs.Source;
            for (var i = 0; i < legs.Count; i++)
            {
                if (i != copy.Source && legs[i].IsWritten)
                    copy.Targets.Add(i);
            }
        }
        else
        {
            copy.Source = legs.Pick(1u << copy.Targets[0]);
        }
        if (copy.Source < 0 || copy.Targets.Count == 0)
        {
            Release(copy);      // the other legs have failed in the meantime
            return;
        }
        var (sector, count) = (copy.Start >> IoRegion.SectorShift, (copy.End - copy.Start) >> IoRegion.SectorShift);
        var targets = new IoRegion[copy.Targets.Count];
        for (var i = 0; i < targets.Length; i++)
            targets[i] = legs[copy.Targets[i]].Device!.Region(sector, count);
        copy.Job = Client.Copy(legs[copy.Source].Device!.Region(sector, count), targets,
            copy.Region >= 0 && mirror.Options.RecoverByComparing ? CopyFlags.OnlyDifferent : CopyFlags.None, RegionCopy.Copied, copy);
    }

    private void Recovered(RegionCopy copy)
    {
        if (copy.Result.ReadError)
        {
            _givenUp.Add(copy.Region);
            legs[copy.Source].Had(MirrorLegHealth.Resync);
            news.RecoveryFailed(legs, copy.Source, copy.Start, copy.Result.ReadFault?.Error ?? IoError.Io);
        }
        else if (copy.Result.WriteErrors == 0)
        {
            Copied += copy.End - copy.Start;
            regions.InSync.Add(copy.Region);
            EndIfInSync();
        }
    }

    private void EndIfInSync()
    {
        if (!regions.InSync.IsFull)
            return;
        _since = TimeSpan.Zero;
        if (!legs.HasRebuilding)
            news.InSync();
    }

    private void Repaired(RegionCopy copy)
    {
        if (!copy.Result.IsSuccess)
            return;
        legs[copy.Targets[0]].Repairs++;
        news.Repaired(legs, copy.Targets[0], copy.Start, copy.End);
    }
}
