using Kcopyd.Actors;
using Kcopyd.Actors.Snapshots;

namespace Kcopyd.Host.Snapshots;

/// <summary>Reads a store for the commands that need neither an engine nor an origin.</summary>
internal static class StoreCommand
{
    /// <summary>Reads the current content of a store, without affecting a process that uses it.</summary>
    /// <exception cref="UsageException">It is not a store, is damaged, or belongs to another origin.</exception>
    /// <exception cref="FailureException">The store cannot be read.</exception>
    public static async Task<SnapshotStoreContents> ReadAsync(string cow, string? origin, bool acceptTruncated)
    {
        long? length = null;
        OriginIdentity? identity = null;
        if (origin is not null)
        {
            var operand = new Operand("--origin", origin, 0, null);
            var device = DeviceOpening.Open(operand, new BlockDeviceOptions { ReadOnly = true, Io = IoMode.Buffered });
            await using var originLease = device.ConfigureAwait(false);
            SnapshotFiles.CheckOrigin(operand, device);
            (length, identity) = (device.Length, OriginIdentity.Of(device));
        }
        var store = new Operand("COW", cow, 0, null);
        var file = DeviceOpening.Open(store, new BlockDeviceOptions { ReadOnly = true, Io = IoMode.Buffered });
        await using var cowLease = file.ConfigureAwait(false);
        var accepted = new Acceptance(acceptTruncated, Origin: false, Unclean: true);
        return await ReadAsync(store, file, length, identity, accepted, acceptDamagedLabel: true).ConfigureAwait(false);
    }

    /// <summary>True if a merge of a store was started and is not complete.</summary>
    /// <exception cref="FailureException">The store cannot be read.</exception>
    public static async Task<bool> IsHalfMergedAsync(Operand operand, FileBlockDevice cow)
    {
        try
        {
            return await StoreReader.ReadHalfMergedAsync(cow).ConfigureAwait(false) is not null;
        }
        catch (SnapshotStoreException unreadable)
        {
            throw StoreErrors.Of(operand, unreadable);
        }
    }

    /// <summary>Reads a store, and checks that it belongs to the origin.</summary>
    /// <param name="operand">The store's argument.</param>
    /// <param name="cow">The store.</param>
    /// <param name="originLength">The length of the origin in bytes; null if it is unknown.</param>
    /// <param name="origin">The identity of the origin; null if it is unknown.</param>
    /// <param name="accepted">The defects that are accepted.</param>
    /// <param name="acceptDamagedLabel">True to accept a store whose label cannot be read, for commands that report it.</param>
    /// <exception cref="UsageException">It is not a store, is damaged or unclean, or belongs to another origin.</exception>
    /// <exception cref="FailureException">The store cannot be read.</exception>
    public static async Task<SnapshotStoreContents> ReadAsync(
        Operand operand, IBlockDevice cow, long? originLength, OriginIdentity? origin, Acceptance accepted, bool acceptDamagedLabel = false)
    {
        try
        {
            var contents = await SnapshotStore.ReadAsync(cow, originLength, accepted.Truncated, acceptDamagedLabel || accepted.Origin).ConfigureAwait(false);
            if (contents.Label is { } label && origin is not null && !accepted.Origin)
                label.CheckIsOf(cow.Name, originLength!.Value, origin);
            if (contents is { Label.IsUnclean: true, Status.State: not SnapshotState.Invalid } && !accepted.Unclean)
                throw SnapshotStoreLabel.UncleanRefusal(cow.Name);
            return contents;
        }
        catch (SnapshotStoreException unusable)
        {
            throw StoreErrors.Of(operand, unusable);
        }
    }
}
