using Kcopyd.Actors;
using Kcopyd.Actors.Snapshots;

namespace Kcopyd.Host.Snapshots;

/// <summary>Reads a store for the commands that need neither an engine nor an origin.</summary>
internal static class StoreCommand
{
    /// <summary>Reads it as it is at the moment, without disturbing whoever uses it.</summary>
    /// <exception cref="UsageException">It is none, or damaged, or not the origin's.</exception>
    /// <exception cref="FailureException">It cannot be read.</exception>
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

    /// <summary>True if a merge of a store was begun and is not complete.</summary>
    /// <exception cref="FailureException">It cannot be read.</exception>
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

    /// <summary>Reads a store, and checks whose it is.</summary>
    /// <param name="operand">The store's argument.</param>
    /// <param name="cow">The store.</param>
    /// <param name="originLength">Bytes of the origin; null if it is not known.</param>
    /// <param name="origin">Which one it is; null if it is not known.</param>
    /// <param name="accepted">What is taken all the same.</param>
    /// <param name="acceptDamagedLabel">True if a store is taken whose label cannot be read, for commands that name that.</param>
    /// <exception cref="UsageException">It is none, or damaged, unclean, or not the origin's.</exception>
    /// <exception cref="FailureException">It cannot be read.</exception>
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
