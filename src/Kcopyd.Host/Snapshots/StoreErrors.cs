using System.Globalization;
using Kcopyd.Actors.Snapshots;

namespace Kcopyd.Host.Snapshots;

/// <summary>What is wrong with a store, in the words of the command line.</summary>
internal static class StoreErrors
{
    private const int Filling = 80;     // per cent

    // The library names the device; here it is an argument.
    public static UsageException Usage(Target target, SnapshotStoreException unusable)
    {
        var message = unusable.Message.StartsWith(target.Path, StringComparison.Ordinal) ? target + unusable.Message[target.Path.Length..] : $"{target}: {unusable.Message}";
        return new UsageException(message
            .Replace("; make one by StoreMode.Create.", Make(target), StringComparison.Ordinal)
            .Replace(": its first sector is empty.", Make(target), StringComparison.Ordinal)
            .Replace("with AcceptTruncated", "with --accept-truncated", StringComparison.Ordinal)
            .Replace("zero its first chunk.", $"zero its beginning: kcopyd zero '@0+4K:{target.Path}'.", StringComparison.Ordinal));
    }

    private static string Make(Target target) => $"; make one: kcopyd snapshot create ORIGIN '{target.Path}'.";

    public static string Invalid(SnapshotStatus status) =>
        $"{status.Name}: the snapshot is invalid ({status.Reason}): it has lost something of what it should show. Take a new one.";

    /// <summary>What is to be told of a snapshot after something was written; null if all is well.</summary>
    public static string? After(SnapshotStatus status) => status.State switch
    {
        SnapshotState.Invalid => Invalid(status),
        SnapshotState.Overflow => $"{status.Name}: the store is full: the snapshot can be read, not written.",
        _ when status.UsedPercent >= Filling => string.Create(CultureInfo.InvariantCulture,
            $"{status.Name}: {status.UsedPercent:0} % of the store is in use, and a full one ends the snapshot. Export or merge it, or let the file grow: truncate -s +SIZE."),
        _ => null,
    };

    public static bool IsBroken(SnapshotStatus status) => status.State is SnapshotState.Invalid or SnapshotState.Overflow;
}
