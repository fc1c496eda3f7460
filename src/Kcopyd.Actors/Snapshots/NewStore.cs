using Kcopyd.Actors.Memory;

namespace Kcopyd.Actors.Snapshots;

/// <summary>Makes a store. Its header comes last: before it is on the medium there is none.</summary>
internal static class NewStore
{
    /// <exception cref="ArgumentException">The device is read-only, or does not suit the chunks.</exception>
    /// <exception cref="SnapshotStoreException">It is too small, holds something, is half merged, or cannot be written.</exception>
    public static async ValueTask<StoreHead> MakeAsync(OriginCore origin, IBlockDevice cow, StoreGeometry geometry, SnapshotOptions options)
    {
        if (cow.IsReadOnly)
            throw new ArgumentException($"{cow.Name} is read-only, and a COW store is to be made there; open it for writing.", nameof(cow));
        OptionChecks.CheckAlignment(origin, cow, geometry);
        if (cow.Length < 2L * geometry.ChunkSize)
            throw new SnapshotStoreException(SnapshotStoreError.TooSmall, cow.Name,
                $" has {cow.Length} bytes: a COW store needs two chunks of {geometry.ChunkSize} bytes at least, and one more for each chunk that changes.")
            {
                Length = cow.Length, Needed = 2L * geometry.ChunkSize, ChunkSize = geometry.ChunkSize,
            };
        var headSize = StoreReader.HeadSize(cow);
        var sector = AlignedMemory.Allocate(headSize);
        if (options.Mode != StoreMode.Replace && await OccupiedSpace.FindAsync(cow, geometry.ChunkSize).ConfigureAwait(false) is { } found)
            throw new SnapshotStoreException(SnapshotStoreError.OtherData, cow.Name, $" holds {found}, which a COW store would overwrite.",
                " Take another device or, if that is not needed any more, make the store by StoreMode.Replace.") { Found = found };
        if (options.Mode == StoreMode.Replace)
            await StoreReader.CheckNotHalfMergedAsync(cow).ConfigureAwait(false);
        try
        {
            if (options.Mode == StoreMode.Replace)
                await WriteAsync(cow, sector).ConfigureAwait(false);       // first: an old header with a new area would be a store that shows the origin as it is
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
                ? $": no store can be made there: a flush failed: {failed.Error.Describe()}."
                : $": no store can be made there: a write at byte {failed.Offset} failed: {failed.Error.Describe()}.")
            {
                Error = failed.Error, Offset = failed.Offset < 0 ? null : failed.Offset,
            };
        }
    }

    // Large chunks by the device's own means, where it has any: a gigabyte of zeroes need not be transferred. A small one has its space from now on.
    private static ValueTask ZeroAsync(IBlockDevice cow, long offset, long length) => length <= ZeroPages.Memory.Length
        ? cow.WriteExactlyAsync(offset, ZeroPages.Memory[..(int)length])
        : cow.WriteZeroesExactlyAsync(offset, length);

    private static async ValueTask WriteAsync(IBlockDevice cow, ReadOnlyMemory<byte> head)
    {
        await cow.WriteExactlyAsync(0, head).ConfigureAwait(false);
        await cow.FlushOrThrowAsync().ConfigureAwait(false);
    }
}
