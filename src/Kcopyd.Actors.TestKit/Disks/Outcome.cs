namespace Kcopyd.Actors.TestKit.Disks;

/// <summary>Decides at random which writes of one disk are on the medium after a power cut.</summary>
internal static class Outcome
{
    /// <summary>Chooses the outcomes that faulty programs survive least: a write alone, all but one, one that is torn, a beginning of all writes, and random
    /// shares.</summary>
    /// <param name="disk">The disk at the time of the cut.</param>
    /// <param name="number">0: everything in doubt is lost; 1: nothing is; from 2: random.</param>
    /// <param name="isAlone">False if there are other disks, so that it is worthwhile that this one loses nothing or everything.</param>
    /// <param name="random">The source of the choice.</param>
    public static Func<CachedWrite, UncertainSector, bool> Of(DiskReplay disk, int number, bool isAlone, Random random)
    {
        var kind = number < 2 ? number : random.Next(isAlone ? 2 : 0, 8);
        if (kind == 0 || disk.Writes.Count == 0)
            return static (_, _) => false;
        var one = disk.Writes[random.Next(disk.Writes.Count)];
        var share = random.NextDouble();
        return kind switch
        {
            1 => static (_, _) => true,
            2 => (write, _) => write == one,
            3 => (write, _) => write != one,
            4 => Torn(one, share < 0.5, random),
            5 => (_, _) => random.NextDouble() < share,
            6 => Shares(share, random.Next()),
            _ => Beginning(disk, random.NextInt64(Units(disk, false) + 1), random.NextInt64(Units(disk, true) + 1)),
        };
    }

    /// <summary>The number of sectors that the writes in doubt change, one after the other: those that the disk carries out in any case, or those that it
    /// may skip, failed writes and discards.</summary>
    public static long Units(DiskReplay disk, bool skippable)
    {
        long units = 0;
        foreach (var write in disk.Writes)
            units += IsCounted(write, skippable) ? write.Uses : 0;
        return units;
    }

    /// <summary>The first sectors of the writes, in the order in which the disk carries them out.</summary>
    /// <param name="disk">The disk at the time of the cut.</param>
    /// <param name="count">The number of sectors that are there.</param>
    /// <param name="skippable">The number of sectors of failed writes and discards that are there.</param>
    public static Func<CachedWrite, UncertainSector, bool> Beginning(DiskReplay disk, long count, long skippable)
    {
        var (first, others) = (First(disk, count, false), First(disk, skippable, true));
        return (write, sector) => (write.State == CachedState.Free ? others : first)(write, sector);
    }

    private static bool IsCounted(CachedWrite write, bool skippable) =>
        write.State != CachedState.Certain && write.State == CachedState.Free == skippable;

    private static Func<CachedWrite, UncertainSector, bool> First(DiskReplay disk, long count, bool skippable)
    {
        var whole = new HashSet<CachedWrite>();
        foreach (var write in disk.Writes)
        {
            if (!IsCounted(write, skippable))
                continue;
            if (count < write.Uses)
            {
                var until = NthSector(disk, write, count);
                return (other, sector) => other == write ? sector.Start < until : whole.Contains(other);
            }
            count -= write.Uses;
            whole.Add(write);
        }
        return (write, _) => whole.Contains(write);
    }

    // The start of the sector that has this number of the write's sectors before it.
    private static long NthSector(DiskReplay disk, CachedWrite write, long count)
    {
        var starts = new List<long>(write.Uses);
        foreach (var sector in disk.Sectors)
        {
            if (sector.Writes.Contains(write))
                starts.Add(sector.Start);
        }
        starts.Sort();
        return starts[(int)count];
    }

    // One write has reached the medium to some byte, from some byte on, or in any of its sectors; the others are all there or all lost.
    private static Func<CachedWrite, UncertainSector, bool> Torn(CachedWrite one, bool areOthersThere, Random random)
    {
        var way = random.Next(3);
        var at = random.NextInt64(one.Start, one.End + 1);
        return (write, sector) => write != one ? areOthersThere : way switch
        {
            0 => sector.Start < at,
            1 => sector.Start >= at,
            _ => random.Next(2) == 0,
        };
    }

    // Each write is there as a whole or not at all.
    private static Func<CachedWrite, UncertainSector, bool> Shares(double share, int salt) =>
        (write, _) => (CutRun.Mix((ulong)(uint)salt ^ ((ulong)write.Io.Number << 32)) >> 11) * (1.0 / (1UL << 53)) < share;
}
