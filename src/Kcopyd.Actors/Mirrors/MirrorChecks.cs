namespace Kcopyd.Actors.Mirrors;

/// <summary>Checks of legs, options and logs before a mirror is opened.</summary>
internal static class MirrorChecks
{
    /// <exception cref="ArgumentException">Names what is wrong, and the remedy.</exception>
    public static void Check(IReadOnlyList<IBlockDevice?> legs, MirrorOptions options)
    {
        if (legs.Count is < 1 or > MirrorLabel.MaxLegs)
            throw new ArgumentException($"A mirror has 1 to {MirrorLabel.MaxLegs} legs, not {legs.Count}.", nameof(legs));
        if (legs.All(static leg => leg is null))
            throw new ArgumentException("All legs are missing.", nameof(legs));
        if (options.RegionSize is { } size && !MirrorGeometry.IsRegionSize(size))
            throw new ArgumentException($"A region of {size} bytes: it must be a power of two from 1 KiB to 1 TiB.", nameof(options));
        if (options is { Source: not null, AssumeInSync: true })
            throw new ArgumentException("Source and AssumeInSync contradict each other.", nameof(options));
        if (options.Source is { } source && (source < 0 || source >= legs.Count || legs[source] is null))
            throw new ArgumentException($"Source = {source}: there is no such leg; legs are counted from 0.", nameof(options));
        if (options.Log is { IsReadOnly: true })
            throw new ArgumentException($"{options.Log.Name} is read-only: the log of a mirror must be writable.", nameof(options));
        for (var i = 0; i < legs.Count; i++)
            CheckLeg(legs, i, options.Log);
    }

    /// <exception cref="ArgumentException">There are too many regions, or none.</exception>
    public static void CheckRegions(MirrorGeometry geometry)
    {
        if (geometry.Length < IoRegion.SectorSize)
            throw new ArgumentException("A leg has no room for a single sector.");
        if (geometry.Regions > MirrorGeometry.MaxRegions)
        {
            throw new ArgumentException(
                $"{geometry.Length} bytes have {geometry.Regions} regions of {geometry.RegionSize}: use larger ones, at most {MirrorGeometry.MaxRegions}.");
        }
    }

    /// <exception cref="MirrorLogException">The log was made for another mirror.</exception>
    public static void CheckFits(IBlockDevice log, LogHead head, MirrorGeometry geometry, IReadOnlyList<IBlockDevice?> legs, MirrorOptions options)
    {
        if (head.Label is { } label)
        {
            if (label.Legs.Count != legs.Count)
                throw Other(log, $"a mirror of {label.Legs.Count} legs, not {legs.Count}", "; list all legs in their order, null for one that is missing.");
            if (!MirrorGeometry.IsRegionSize(label.RegionSize) || label.Length < IoRegion.SectorSize || label.Length % IoRegion.SectorSize != 0)
            {
                throw new MirrorLogException(MirrorLogError.DamagedLabel, log.Name,
                    $": its label has a length of {label.Length} and regions of {label.RegionSize}");
            }
            if (options.RegionSize is { } size && size != label.RegionSize)
                throw Other(log, $"regions of {label.RegionSize} bytes, not {size}", "; omit the region size: the log keeps its own.");
            for (var i = 0; i < legs.Count; i++)
            {
                if (legs[i] is { } leg && leg.Length < label.Length)
                {
                    throw new MirrorLogException(MirrorLogError.OtherLeg, leg.Name,
                        $" has {leg.Length} bytes, fewer than the {label.Length} of the mirror whose log is {log.Name}") { Leg = i, Needed = label.Length };
                }
            }
        }
        if (head.Regions != DiskLogFormat.AnyCount && head.Regions != (ulong)geometry.Regions)
        {
            throw Other(log, $"{head.Regions} regions; {geometry.Length} bytes have {geometry.Regions} regions of {geometry.RegionSize}",
                "; name the region size with which it was created.");
        }
    }

    private static MirrorLogException Other(IBlockDevice log, string what, string remedy) =>
        new(MirrorLogError.OtherMirror, log.Name, " was made for " + what, remedy);

    /// <exception cref="ArgumentException">The device cannot become a leg.</exception>
    public static void CheckNewLeg(IBlockDevice device, long length, IReadOnlyList<IBlockDevice> legs, IBlockDevice? log)
    {
        CheckLeg(device, "the new leg", log);
        if (device.Length < length)
            throw new ArgumentException($"{device.Name} has {device.Length} bytes, fewer than the {length} of the mirror.", nameof(device));
        foreach (var leg in legs)
        {
            if (StorageLocation.Overlap(leg, device))
                throw new ArgumentException($"{device.Name} is the storage of the leg {leg.Name}.", nameof(device));
        }
    }

    private static void CheckLeg(IBlockDevice leg, string place, IBlockDevice? log)
    {
        if (leg.Length == long.MaxValue || leg.IsReadOnly || leg.Length < IoRegion.SectorSize)
            throw new ArgumentException($"{leg.Name} {(leg.IsReadOnly ? "is read-only" : "has no size")}: it cannot be a leg of a mirror.");
        if (log is not null && StorageLocation.Overlap(leg, log))
            throw new ArgumentException($"The log {log.Name} is on {place}, {leg.Name}, and would overwrite its data: use another device.");
    }

    private static void CheckLeg(IReadOnlyList<IBlockDevice?> legs, int index, IBlockDevice? log)
    {
        if (legs[index] is not { } leg)
            return;
        CheckLeg(leg, $"leg {index}", log);
        for (var other = 0; other < index; other++)
        {
            if (legs[other] is { } before && StorageLocation.Overlap(leg, before))
            {
                throw new ArgumentException($"Legs {other} and {index}, {before.Name} and {leg.Name}, are the same storage: a mirror of it protects nothing.",
                    nameof(legs));
            }
        }
    }
}
