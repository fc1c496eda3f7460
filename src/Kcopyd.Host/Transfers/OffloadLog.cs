using Kcopyd.Actors;

namespace Kcopyd.Host.Transfers;

/// <summary>Logs the offload methods for <c>--log-level debug</c>: which may be tried, why the others may not, and what they did.</summary>
internal static class OffloadLog
{
    private const OffloadKinds Cloning = OffloadKinds.Reflink | OffloadKinds.ServerCopy | OffloadKinds.KernelCopy;

    /// <summary>Logs the possible methods before the jobs.</summary>
    /// <param name="source">The source; null when zeroing.</param>
    /// <param name="destinations">The destinations.</param>
    /// <param name="allowed">The methods that --offload allows.</param>
    /// <param name="options">The options of the transfer.</param>
    public static void Write(IBlockDevice? source, IReadOnlyList<IBlockDevice> destinations, OffloadKinds allowed, TransferOptions options)
    {
        CommandLog.Debug($"offload: {(allowed == OffloadKinds.None ? OffloadNames.None : Names(allowed))} may be used.");
        if (source is not null && (allowed & OffloadKinds.Holes) != 0)
        {
            CommandLog.Debug($"{source.Name}: holes are " + ((source.Features & DeviceFeatures.Map) != 0
                ? "looked for."
                : "not looked for: it is neither a sparse file nor an export that reports them."));
        }
        foreach (var destination in destinations)
        {
            if (source is not null && (allowed & Cloning) != 0)
                CommandLog.Debug($"{destination.Name}: {Clones(source, destination, allowed & Cloning, options)}.");
            if ((allowed & OffloadKinds.WriteZeroes) != 0)
            {
                CommandLog.Debug($"{destination.Name}: zeroes are " + ((destination.Features & DeviceFeatures.WriteZeroes) != 0
                    ? "left to the device, or to its file system."
                    : "written: the device cannot write zeroes itself."));
            }
        }
    }

    /// <summary>Logs the bytes by method after the jobs.</summary>
    public static void Write(TransferResult result)
    {
        var done = result.Offloaded;
        (string Name, long Bytes)[] ways =
        [
            ("reflink", done.Reflink), ("server-copy", done.ServerCopy), ("kernel-copy", done.KernelCopy), ("small-copy", done.SmallCopy),
            ("holes", done.Holes), ("detect-zeroes", done.DetectedZeroes), ("write-zeroes", done.WriteZeroes),
        ];
        var rest = result.BytesOfAll - ways.Sum(static way => way.Bytes);
        var used = ways.Where(static way => way.Bytes > 0).Append(("writing", rest)).Select(static way => $"{way.Item1}: {way.Item2}");
        CommandLog.Debug($"bytes by {string.Join(", ", used)}.");
    }

    private static string Clones(IBlockDevice source, IBlockDevice destination, OffloadKinds allowed, TransferOptions options)
    {
        var reason = (options.Flags & CopyFlags.Sequential) != 0 ? "--sequential keeps an order"
            : (options.Flags & CopyFlags.OnlyDifferent) != 0 ? "--only-different reads all of it"
            : options.Rate > 0 || options.Throttle < 100 ? "it would not keep to --rate or --throttle"
            : null;
        if (reason is not null)
            return $"it is copied: {reason}";
        var (both, possible) = ((source.Features & destination.Features & DeviceFeatures.Clone) != 0, destination.CloneKinds(source) & allowed);
        if (!both || possible == OffloadKinds.None)
            return $"it is copied: source and destination are not {(both ? "on one file system that supports another method" : "both files")}";
        if ((options.Flags & CopyFlags.IgnoreError) != 0)
            possible &= ~OffloadKinds.Reflink;
        if ((source.Features & DeviceFeatures.Map) != 0)
            possible &= ~OffloadKinds.KernelCopy;
        return possible == OffloadKinds.None
            ? "it is copied: --ignore-errors reads all sectors, and holes are preserved"
            : $"{Names(possible)} is tried first, for more than 64K";
    }

    private static string Names(OffloadKinds kinds) => string.Join(", ", OffloadNames.Of(kinds));
}
