using Kcopyd.Actors.Devices;
using Kcopyd.Actors.Snapshots;

namespace Kcopyd.Host.Snapshots;

/// <summary>Reads a store for the commands that need neither an engine nor an origin.</summary>
internal static class StoreCommand
{
    /// <summary>Reads it as it is at the moment; whoever uses it meanwhile is not disturbed.</summary>
    /// <exception cref="UsageException">It is none, or damaged.</exception>
    public static async Task<SnapshotStoreContents> ReadAsync(string cow, string? origin, bool acceptTruncated)
    {
        long? length = null;
        if (origin is not null)
        {
            var target = new Target("--origin", origin, 0, null);
            var device = Devices.Open(target, new BlockDeviceOptions { ReadOnly = true, Io = IoMode.Buffered });
            await using var originLease = device.ConfigureAwait(false);
            SnapshotFiles.CheckOrigin(target, device);
            length = device.Length;
        }
        var store = new Target("COW", cow, 0, null);
        var file = Devices.Open(store, new BlockDeviceOptions { ReadOnly = true, Io = IoMode.Buffered });
        await using var cowLease = file.ConfigureAwait(false);
        return await ReadAsync(store, file, length, acceptTruncated).ConfigureAwait(false);
    }

    /// <exception cref="UsageException">It is none, or damaged.</exception>
    public static async Task<SnapshotStoreContents> ReadAsync(Target target, IBlockDevice cow, long? originLength, bool acceptTruncated)
    {
        try
        {
            return await SnapshotStore.ReadAsync(cow, originLength, acceptTruncated).ConfigureAwait(false);
        }
        catch (SnapshotStoreException unusable)
        {
            throw StoreErrors.Usage(target, unusable);
        }
    }
}
