using Kcopyd.Actors.TestKit.Disks;

namespace Kcopyd.Actors.TestKit.Tests.Disks;

/// <summary>What a power cut may leave, computed from the definition by trying everything, separately for each time.</summary>
internal sealed class CutDefinition(RandomLog run, DiscardOutcome discards, bool isOrdered)
{
    private enum Fate
    {
        Held,
        Free,
        Certain,
        InFlight,
    }

    /// <summary>All states at a time: the contents of all disks, one after the other, in hexadecimal.</summary>
    public HashSet<string> At(long time)
    {
        var states = new HashSet<string> { "" };
        for (var disk = 0; disk < run.Originals.Count; disk++)
        {
            var ofDisk = isOrdered ? Ordered(disk, time) : AnyOrder(disk, time);
            states = [.. states.SelectMany(state => ofDisk.Select(content => state + content))];
        }
        return states;
    }

    // Each sector by itself shows any subset of the writes in which nothing certain is missing, and nothing held is missing below a write that is there.
    private HashSet<string> AnyOrder(int disk, long time)
    {
        var contents = new HashSet<string> { "" };
        for (var sector = 0; sector < RandomLog.DiskLength; sector += RandomLog.Unit)
        {
            var writes = Writes(disk, time).Where(write => Touches(write, sector)).ToArray();
            var versions = new HashSet<string>();
            for (var subset = 0; subset < 1 << (2 * writes.Length); subset++)
            {
                var choice = writes.Select((_, i) => subset >> (2 * i) & 3).ToArray();      // 0 missing, 1 there, 2 there as garbage
                if (choice.Contains(3) || writes.Where((write, i) => choice[i] == 2 && !IsGarbage(write)).Any())
                    continue;
                if (IsPossible(writes, choice, sector, time))
                    versions.Add(Content(disk, sector, writes, choice));
            }
            contents = [.. contents.SelectMany(content => versions.Select(version => content + version))];
        }
        return contents;
    }

    // The sectors of all writes in order, up to one of them; those of failed writes and discards up to another.
    private HashSet<string> Ordered(int disk, long time)
    {
        var writes = Writes(disk, time);
        var units = writes.SelectMany(write => Sectors().Where(sector => Touches(write, sector)).Select(sector => (Write: write, Sector: sector))).ToArray();
        var strict = units.Where(unit => FateOf(unit.Write, unit.Sector, time) != Fate.Free).ToArray();
        var free = units.Where(unit => FateOf(unit.Write, unit.Sector, time) == Fate.Free).ToArray();
        var least = Array.FindLastIndex(strict, unit => FateOf(unit.Write, unit.Sector, time) == Fate.Certain) + 1;
        var contents = new HashSet<string>();
        for (var count = least; count <= strict.Length; count++)
        {
            for (var others = 0; others <= free.Length; others++)
            {
                var there = strict.Take(count).Concat(free.Take(others)).ToHashSet();
                var content = "";
                foreach (var sector in Sectors())
                {
                    var here = writes.Where(write => Touches(write, sector)).ToArray();
                    var choice = here.Select(write => there.Contains((write, sector)) ? 1 : 0).ToArray();
                    var newest = Array.LastIndexOf(choice, 1);
                    for (var i = 0; i < newest; i++)
                        choice[i] = FateOf(here[i], sector, time) == Fate.Held ? 1 : choice[i];     // a sector is written as a whole
                    content += Content(disk, sector, here, choice);
                }
                contents.Add(content);
            }
        }
        return contents;
    }

    private static IEnumerable<int> Sectors()
    {
        for (var sector = 0; sector < RandomLog.DiskLength; sector += RandomLog.Unit)
            yield return sector;
    }

    private bool IsPossible(IoFact[] writes, int[] choice, int sector, long time)
    {
        var newest = Array.FindLastIndex(choice, static there => there != 0);
        for (var i = 0; i < writes.Length; i++)
        {
            var fate = FateOf(writes[i], sector, time);
            if (choice[i] == 0 && (fate == Fate.Certain || fate == Fate.Held && i < newest))
                return false;
        }
        return true;
    }

    private string Content(int disk, int sector, IoFact[] writes, int[] choice)
    {
        var bytes = run.Originals[disk][sector..Math.Min(sector + RandomLog.Unit, RandomLog.DiskLength)];
        for (var i = 0; i < writes.Length; i++)
        {
            var (from, end) = Range(writes[i]);
            for (var at = Math.Max(from, sector); choice[i] != 0 && at < Math.Min(end, sector + bytes.Length); at++)
                bytes[at - sector] = choice[i] == 2 ? (byte)0xDD : writes[i].Data[at - writes[i].From];
        }
        return Convert.ToHexString(bytes);
    }

    private IoFact[] Writes(int disk, long time) => [.. run.Facts
        .Where(fact => fact.Disk == disk && !fact.IsFlush && fact.Issued <= time && Range(fact) is var (from, end) && from < end)
        .OrderBy(fact => fact.Completed <= time ? fact.Completed : long.MaxValue).ThenBy(static fact => fact.Issued)];

    private static bool Touches(IoFact write, int sector) => Range(write) is var (from, end) && from < sector + RandomLog.Unit && sector < end;

    private static (int From, int End) Range(IoFact write)
    {
        var (from, end) = (write.From, write.From + write.Reach);
        return write.Kind != DiskIoKind.Discard ? (from, end)
            : ((from + RandomLog.Unit - 1) / RandomLog.Unit * RandomLog.Unit, end == RandomLog.DiskLength ? end : end / RandomLog.Unit * RandomLog.Unit);
    }

    private bool IsGarbage(IoFact write) => write.Kind == DiskIoKind.Discard && discards == DiscardOutcome.Undefined;

    private Fate FateOf(IoFact write, int sector, long time)
    {
        if (write.Completed > time)
            return Fate.InFlight;
        if (write.Failed || write.Kind == DiskIoKind.Discard && discards != DiscardOutcome.Zeroes)
            return Fate.Free;
        // A later write to the same sector takes along what was in the cache; on an ordered disk, every later write does.
        var durable = run.Facts.Where(later => later.Disk == write.Disk && !later.IsFlush && later.Completed >= write.Completed && !IsFreeAnyway(later)
            && (isOrdered || Touches(later, sector))).Min(Durable);
        var doomed = FlushesAfter(write).Where(static flush => flush.Failed).Select(static flush => flush.Completed).DefaultIfEmpty(long.MaxValue).Min();
        return durable <= time && durable < doomed ? Fate.Certain : doomed <= time ? Fate.Free : Fate.Held;
    }

    private bool IsFreeAnyway(IoFact write) => write.Failed || Range(write) is var (from, end) && from >= end
        || write.Kind == DiskIoKind.Discard && discards != DiscardOutcome.Zeroes;

    // When a flush that began later has succeeded, unless another one has failed before that.
    private long Durable(IoFact write)
    {
        if (write.Kind == DiskIoKind.WriteThrough)
            return write.Completed;
        var first = FlushesAfter(write).Where(flush => flush.Failed || flush.Issued > write.Completed).MinBy(static flush => flush.Completed);
        return first is { Failed: false } ? first.Completed : long.MaxValue;
    }

    private IEnumerable<IoFact> FlushesAfter(IoFact write) => run.Facts.Where(
        flush => flush.Disk == write.Disk && flush.IsFlush && flush.Completed > write.Completed && flush.Completed != long.MaxValue);
}
