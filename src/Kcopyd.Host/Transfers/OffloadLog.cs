using Kcopyd.Actors;

namespace Kcopyd.Host.Transfers;

/// <summary>What <c>--log-level debug</c> says of the ways that spare reading and writing: which may be tried and why not the others, and what they
/// did.</summary>
internal static class OffloadLog
{
    private const OffloadKinds Cloning = OffloadKinds.Reflink | OffloadKinds.ServerCopy | OffloadKinds.KernelCopy;

    /// <summary>Before the jobs.</summary>
    /// <param name="source">Null when zeroing.</param>
    /// <param name="destinations">Where to.</param>
    /// <param name="allowed">What --offload allows.</param>
    /// <param name="options">How.</param>
    public static void Write(IBlockDevice? source, IReadOnlyList<IBlockDevice> destinations, OffloadKinds allowed, TransferOptions options)
    {
        CommandLog.Debug($"offload: {(allowed == OffloadKinds.None ? OffloadNames.None : Names(allowed))} may be used.");
        if (source is not null && (allowed & OffloadKinds.Holes) != 0)
            CommandLog.Debug($"{source.Name}: {((source.Features & DeviceFeatures.Map) != 0 ? "holes are looked for" : "holes are not looked for: it is no file with fewer blocks than bytes, or export that tells")}.");
        foreach (var destination in destinations)
        {
            if (source is not null && (allowed & Cloning) != 0)
                CommandLog.Debug($"{destination.Name}: {Clones(source, destination, allowed & Cloning, options)}.");
            if ((allowed & OffloadKinds.WriteZeroes) != 0)
                CommandLog.Debug($"{destination.Name}: zeroes are {((destination.Features & DeviceFeatures.WriteZeroes) != 0 ? "left to the device, or to its file system" : "written: the device has no means of its own")}.");
        }
    }

    /// <summary>After them.</summary>
    public static void Write(TransferResult result)
    {
        var done = result.Offloaded;
        (string Name, long Bytes)[] ways =
        [
            ("reflink", done.Reflink), ("server-copy", done.ServerCopy), ("kernel-copy", done.KernelCopy), ("small-copy", done.SmallCopy),
            ("holes", done.Holes), ("detect-zeroes", done.DetectedZeroes), ("write-zeroes", done.WriteZeroes),
        ];
        var rest = result.BytesOfAll - ways.Sum(static way => way.Bytes);
        CommandLog.Debug($"bytes by {string.Join(", ", ways.Where(static way => way.Bytes > 0).Append(("writing", rest)).Select(static way => $"{way.Item1}: {way.Item2}"))}.");
    }

    private static string Clones(IBlockDevice source, IBlockDevice destination, OffloadKinds allowed, TransferOptions options)
    {
        var reason = (options.Flags & CopyFlags.Sequential) != 0 ? "--sequential keeps an order"
            : (options.Flags & CopyFlags.OnlyDifferent) != 0 ? "--only-different looks at all of it"
            : options.Rate > 0 || options.Throttle < 100 ? "it would not keep to --rate or --throttle"
            : null;
        if (reason is not null)
            return $"it is copied: {reason}";
        var (both, possible) = ((source.Features & destination.Features & DeviceFeatures.Clone) != 0, destination.CloneKinds(source) & allowed);
        if (!both || possible == OffloadKinds.None)
            return $"it is copied: {(both ? "source and destination are not on one file system that has another way" : "source and destination are not both files")}";
        if ((options.Flags & CopyFlags.IgnoreError) != 0)
            possible &= ~OffloadKinds.Reflink;
        if ((source.Features & DeviceFeatures.Map) != 0)
            possible &= ~OffloadKinds.KernelCopy;
        return possible == OffloadKinds.None ? "it is copied: --ignore-errors reads all sectors, and holes are kept" : $"{Names(possible)} is tried first, for more than 64K";
    }

    private static string Names(OffloadKinds kinds) => string.Join(", ", OffloadNames.Of(kinds));
}
