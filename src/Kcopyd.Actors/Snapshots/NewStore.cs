using Kcopyd.Actors.Memory;

namespace Kcopyd.Actors.Snapshots;

/// <summary>Creates a store. The header is written last: until it is on the medium, there is no store.</summary>
internal static class NewStore
{
    /// <exception cref="ArgumentException">The device is read-only, or its alignment does not fit the chunk size.</exception>
    /// <exception cref="SnapshotStoreException">The device is too small, holds other data or a half-merged store, or cannot be written.</exception>
    public static async ValueTask<StoreHead> MakeAsync(OriginCore origin, IBlockDevice cow, StoreGeometry geometry, SnapshotOptions options)
    {
        if (cow.IsReadOnly)
            throw new ArgumentException($"{cow.Name} is read-only, so that no COW store can be created there; open it for writing.", nameof(cow));
        OptionChecks.CheckAlignment(origin, cow, geometry);
        if (cow.Length < 2L * geometry.ChunkSize)
            throw new SnapshotStoreException(SnapshotStoreError.TooSmall, cow.Name,
                $" has {cow.Length} bytes: a COW store needs at least two chunks of {geometry.ChunkSize} bytes, and one more for each chunk that changes.")
            {
                Length = cow.Length, Needed = 2L * geometry.ChunkSize, ChunkSize = geometry.ChunkSize,
            };
        var headSize = StoreReader.HeadSize(cow);
        var sector = AlignedMemory.Allocate(headSize);
        if (options.Mode != StoreMode.Replace && await OccupiedSpace.FindAsync(cow, geometry.ChunkSize).ConfigureAwait(false) is { } found)
            throw new SnapshotStoreException(SnapshotStoreError.OtherData, cow.Name, $" holds {found}, which a COW store would overwrite.",
                " Use another device or, if that data is no longer needed, StoreMode.Replace.") { Found = found };
        if (options.Mode == StoreMode.Replace)
            await StoreReader.CheckNotHalfMergedAsync(cow).ConfigureAwait(false);
        try
        {
            if (options.Mode == StoreMode.Replace)
                await WriteAsync(cow, sector).ConfigureAwait(false);    // first: an old header with a new area would be a store that shows the current origin
            await ZeroAsync(cow, geometry.OffsetOf(geometry.AreaChunk(0)), geometry.ChunkSize).ConfigureAwait(false);
            if (geometry.ChunkSize > headSize)
                await ZeroAsync(cow, headSize, geometry.ChunkSize - headSize).ConfigureAwait(false);
            await cow.FlushOrThrowAsync().ConfigureAwait(false);
            var head = new StoreHead(StoreHeader.Of(geometry, valid: true), SnapshotStoreLabel.For(origin.Device, origin.Identity, isUnclean: false));
            head.Write(sector.Span);
            await WriteAsync(cow, sector).ConfigureAwait(false);
            return head;
        }
        catch (BlockDeviceException failed)
        {
            throw new SnapshotStoreException(SnapshotStoreError.WriteFailed, cow.Name, failed.Offset < 0
                ? $": cannot create a store: a flush failed: {failed.Error.Describe()}."
                : $": cannot create a store: a write at byte {failed.Offset} failed: {failed.Error.Describe()}.")
            {
                Error = failed.Error, Offset = failed.Offset < 0 ? null : failed.Offset,
            };
        }
    }

    // Large chunks use the device's own zeroing, if it has any, so that a gigabyte of zeroes is not transferred. Small ones are written, which allocates them.
    private static ValueTask ZeroAsync(IBlockDevice cow, long offset, long length) => length <= ZeroPages.Memory.Length
        ? cow.WriteExactlyAsync(offset, ZeroPages.Memory[..(int)length])
        : cow.WriteZeroesExactlyAsync(offset, length);

    private static async ValueTask WriteAsync(IBlockDevice cow, ReadOnlyMemory<byte> head)
    {
        await cow.WriteExactlyAsync(0, head).ConfigureAwait(false);
        await cow.FlushOrThrowAsync().ConfigureAwait(false);
    }
}
