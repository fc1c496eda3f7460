using System.Globalization;

namespace Kcopyd.Actors.Jobs;

/// <summary>Refuses an invalid job before anything is read or written. Every message names the argument and the remedy.</summary>
internal static class RegionChecks
{
    // Argument names are formatted only for a refusal, so that a check allocates nothing.
    private const int FromSource = -1;

    /// <summary>Checks a copy and returns the bytes to copy to each destination.</summary>
    /// <exception cref="ArgumentException">Names the argument at fault: <c>from</c>, <c>to</c>, <c>to[i]</c> or <c>flags</c>.</exception>
    public static long Copy(IoRegion from, ReadOnlySpan<IoRegion> to, CopyFlags flags, int maxDestinations)
    {
        Region(from, FromSource);
        var isStream = from.Device.IsStream();
        if (isStream && (flags & (CopyFlags.Verify | CopyFlags.VerifyHash | CopyFlags.CompareOnly)) != 0)
            throw new ArgumentException($"{from.Device.Name} is a stream, which cannot be read again to verify what was written.", nameof(flags));
        if ((flags & CopyFlags.CompareOnly) != 0 && (flags & (CopyFlags.OnlyDifferent | CopyFlags.Flush)) != 0)
            throw new ArgumentException("CompareOnly writes nothing: leave OnlyDifferent and Flush out.", nameof(flags));
        if (from.Count == IoRegion.CountToEnd && !isStream)
        {
            throw new ArgumentException(
                $"{from}: only a stream can be read to its end; specify the sectors with Region(sector, count), or use Whole().", nameof(from));
        }
        var length = from.Count == IoRegion.CountToEnd ? LengthToEnd(to) : LengthInBytes(from);
        if ((flags & CopyFlags.CompareOnly) != 0)
            length = Math.Min(length, Shortest(to));
        Aligned(from, length, FromSource);
        Destinations(to, from.Count, length, flags, maxDestinations);
        for (var i = 0; i < to.Length; i++)
        {
            if ((flags & CopyFlags.CompareOnly) == 0 && Overlaps(from, to[i], length))
                throw new ArgumentException($"{to[i]} overlaps the source {from}; a copy onto itself is refused.", Name(i));
        }
        return length;
    }

    /// <summary>Checks a zero job and returns the bytes to zero on each destination.</summary>
    /// <exception cref="ArgumentException">Names the argument at fault: <c>to</c>, <c>to[i]</c> or <c>flags</c>.</exception>
    public static long Zero(ReadOnlySpan<IoRegion> to, CopyFlags flags, int maxDestinations)
    {
        if (to.IsEmpty)
            throw new ArgumentException("Name at least one destination.", nameof(to));
        if ((flags & CopyFlags.CompareOnly) != 0)
            throw new ArgumentException("CompareOnly needs a source to compare with.", nameof(flags));
        var length = CommonLength(to);
        Destinations(to, to[0].Count, length, flags, maxDestinations);
        return length;
    }

    // If one ends within its last sector, the others are compared only up to there.
    private static long Shortest(ReadOnlySpan<IoRegion> to)
    {
        var length = long.MaxValue;
        foreach (var destination in to)
            length = destination.Device is null ? length : Math.Min(length, LengthInBytes(destination));
        return length;
    }

    // The maximum that fits after the start of every destination: more than any device has.
    private static long LengthToEnd(ReadOnlySpan<IoRegion> to)
    {
        var last = 0L;
        foreach (var destination in to)
            last = Math.Max(last, Math.Max(0, destination.Sector));
        return (IoRegion.CountToEnd - last) << IoRegion.SectorShift;
    }

    // Only the last sector of a device can be partial; a sink has no end. Cut to the shortest destination, a job would leave bytes of the others unchanged and
    // still report success.
    private static long CommonLength(ReadOnlySpan<IoRegion> to)
    {
        var (common, shown) = (to[0].Count << IoRegion.SectorShift, -1);
        for (var i = 0; i < to.Length; i++)
        {
            Region(to[i], i);
            if (to[i].Count != to[0].Count || to[i].Device.Length == long.MaxValue)
                continue;
            var length = LengthInBytes(to[i]);
            if (shown >= 0 && length != common)
            {
                throw new ArgumentException(
                    $"{to[i]} has {length} bytes up to the end of the device, and destination {shown} ({to[shown]}) has {common}; all destinations of a job "
                    + "must have the same number. Leave the partial sector out, or use a separate job for this destination.",
                    Name(i));
            }
            (common, shown) = (length, i);
        }
        return common;
    }

    private static void Destinations(ReadOnlySpan<IoRegion> to, long count, long length, CopyFlags flags, int maxDestinations)
    {
        const CopyFlags known = CopyFlags.IgnoreError | CopyFlags.Sequential | CopyFlags.Flush | CopyFlags.Verify | CopyFlags.VerifyHash
            | CopyFlags.OnlyDifferent | CopyFlags.CompareOnly;
        const CopyFlags readsBack = CopyFlags.Verify | CopyFlags.VerifyHash | CopyFlags.OnlyDifferent | CopyFlags.CompareOnly;
        if ((flags & ~known) != 0)
            throw new ArgumentException($"Unknown flags 0x{(int)(flags & ~known):x}.", nameof(flags));
        if (to.IsEmpty)
            throw new ArgumentException("Name at least one destination.", nameof(to));
        if (to.Length > maxDestinations)
        {
            throw new ArgumentException(
                $"{to.Length} destinations; the client's limit is {maxDestinations}. Raise kcopyd.client.max-destinations (at most 64) or use several jobs.",
                nameof(to));
        }
        for (var i = 0; i < to.Length; i++)
        {
            var destination = to[i];
            Region(destination, i);
            if (destination.Count != count)
                throw new ArgumentException($"{destination}: the job has {count} sectors; every region of a job must have the same count.", Name(i));
            if (destination.Device.IsReadOnly && (flags & CopyFlags.CompareOnly) == 0)
                throw new ArgumentException($"{destination.Device.Name} is read-only; open it for writing.", Name(i));
            if ((destination.Device.Features & DeviceFeatures.Sink) != 0 && (flags & readsBack) != 0)
                throw new ArgumentException($"{destination.Device.Name} cannot be read back, so it cannot be verified or compared.", Name(i));
            if (count != IoRegion.CountToEnd && destination.Device.Length < destination.Offset + length)
                throw new ArgumentException($"{destination}: ends past the device, which has {destination.Device.Length} bytes.", Name(i));
            Aligned(destination, length, i);
            for (var j = 0; j < i; j++)
            {
                if ((flags & CopyFlags.CompareOnly) == 0 && Overlaps(to[j], destination, length))
                    throw new ArgumentException($"{destination} overlaps destination {j} ({to[j]}).", Name(i));
            }
        }
    }

    private static void Region(IoRegion region, int index)
    {
        if (region.Device is null)
            throw new ArgumentException("The region has no device.", Name(index));
        if (region.Sector > 0 && region.Device.IsStream())
            throw new ArgumentException($"{region}: a region of a stream must begin at sector 0.", Name(index));
        if (region.Sector >= 0 && region.Count == IoRegion.CountToEnd)
        {
            if (region.Offset > region.Device.Length)
                throw new ArgumentException($"{region}: begins past the end of the device, which has {region.Device.Length} bytes.", Name(index));
            return;
        }
        if (region.Sector < 0 || region.Count < 0 || region.Sector > long.MaxValue / IoRegion.SectorSize - region.Count)
            throw new ArgumentException($"{region}: sector and count must not be negative, and their sum must be below 2^54.", Name(index));
        // The last sector may be partial.
        if (region.Device.Length != long.MaxValue && (region.Sector + region.Count - 1) << IoRegion.SectorShift >= region.Device.Length && region.Count > 0)
            throw new ArgumentException($"{region}: ends past the device, which has {region.Device.Length} bytes.", Name(index));
    }

    private static long LengthInBytes(IoRegion region) =>
        Math.Min(region.Count << IoRegion.SectorShift, Math.Max(0, region.Device.Length - region.Offset));

    private static void Aligned(IoRegion region, long length, int index)
    {
        var alignment = region.Device.Alignment;
        var endsWithDevice = region.Count == IoRegion.CountToEnd || region.Offset + length == region.Device.Length;
        if (region.Offset % alignment != 0 || (length % alignment != 0 && !endsWithDevice))
        {
            var sectors = (alignment / IoRegion.SectorSize).ToString(CultureInfo.InvariantCulture);
            throw new ArgumentException(
                $"{region}: the device requires multiples of {alignment} bytes ({sectors} sectors); align the region or open the device buffered.",
                Name(index));
        }
    }

    private static bool Overlaps(IoRegion a, IoRegion b, long length)
    {
        if (length == 0)
            return false;
        var (lengthA, lengthB) = (Math.Min(length, a.Device.Length - a.Offset), Math.Min(length, b.Device.Length - b.Offset));
        return a.Device.Locate(a.Offset).Overlaps(lengthA, b.Device.Locate(b.Offset), lengthB);
    }

    private static string Name(int index) => index == FromSource ? "from" : $"to[{index.ToString(CultureInfo.InvariantCulture)}]";
}
