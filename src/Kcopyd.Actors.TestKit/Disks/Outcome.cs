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
            _ => Beginning(disk, random.NextInt64(Units(disk) + 1), withDoubtful: random.Next(2) == 0),
        };
    }

    /// <summary>The number of sectors that the writes in doubt change, one after the other.</summary>
    public static long Units(DiskReplay disk)
    {
        long units = 0;
        foreach (var write in disk.Writes)
            units += write.Uses;
        return units;
    }

    /// <summary>The first sectors of the writes in the order in which the disk carries them out.</summary>
    /// <param name="disk">The disk at the time of the cut.</param>
    /// <param name="count">The number of sectors that are there.</param>
    /// <param name="withDoubtful">False if failed writes and discards are lost regardless of their place.</param>
    public static Func<CachedWrite, UncertainSector, bool> Beginning(DiskReplay disk, long count, bool withDoubtful)
    {
        var whole = new HashSet<CachedWrite>();
        CachedWrite? last = null;
        foreach (var write in disk.Writes)
        {
            if (count < write.Uses)
            {
                last = write;
                break;
            }
            count -= write.Uses;
            whole.Add(write);
        }
        var until = last is null ? 0 : NthSector(disk, last, count);
        return (write, sector) => (withDoubtful || write.State != CachedState.Free) && (write == last ? sector.Start < until : whole.Contains(write));
    }

    // Where the sector begins of which this write has so many others before.
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
