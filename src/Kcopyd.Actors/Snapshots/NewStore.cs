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
            throw new SnapshotStoreException(SnapshotStoreError.TooSmall, cow.Name, $" has {cow.Length} bytes: a COW store needs two chunks of {geometry.ChunkSize} bytes at least, and one more for each chunk that changes.");
        var headSize = StoreReader.HeadSize(cow);
        var sector = AlignedMemory.Allocate(headSize);
        if (options.Mode != StoreMode.Replace && await OccupiedSpace.FindAsync(cow, geometry.ChunkSize).ConfigureAwait(false) is { } found)
            throw new SnapshotStoreException(SnapshotStoreError.OtherData, cow.Name, $" holds {found}, which a COW store would overwrite.", " Take another device or, if that is not needed any more, make the store by StoreMode.Replace.");
        if (options.Mode == StoreMode.Replace)
            await StoreReader.CheckNotHalfMergedAsync(cow).ConfigureAwait(false);
        if (options.Mode == StoreMode.Replace)
            await WriteAsync(cow, 0, sector).ConfigureAwait(false);       // first: an old header with a new area would be a store that shows the origin as it is
        await ZeroAsync(cow, geometry.OffsetOf(geometry.AreaChunk(0)), geometry.ChunkSize).ConfigureAwait(false);
        if (geometry.ChunkSize > headSize)
            await ZeroAsync(cow, headSize, geometry.ChunkSize - headSize).ConfigureAwait(false);
        await FlushAsync(cow).ConfigureAwait(false);
        var head = new StoreHead(StoreHeader.Of(geometry, valid: true), SnapshotStoreLabel.For(origin.Device, origin.Identity, isUnclean: false));
        head.Write(sector.Span);
        await WriteAsync(cow, 0, sector).ConfigureAwait(false);
        return head;
    }

    private static async ValueTask WriteAsync(IBlockDevice cow, long offset, ReadOnlyMemory<byte> bytes)
    {
        await TransferAsync(cow, offset, bytes.Length, (at, done) => cow.WriteAsync(at, bytes[(int)done..])).ConfigureAwait(false);
        await FlushAsync(cow).ConfigureAwait(false);
    }

    // Large chunks by the device's own means, where it has any: a gigabyte of zeroes need not be transferred.
    private static async ValueTask ZeroAsync(IBlockDevice cow, long offset, long length)
    {
        if (length > ZeroPages.Memory.Length && (cow.Features & DeviceFeatures.WriteZeroes) != 0)
        {
            var zeroed = await cow.WriteZeroesAsync(offset, length).ConfigureAwait(false);
            if (zeroed.IsSuccess && zeroed.Bytes == length)
                return;
            if (!zeroed.IsSuccess && zeroed.Error != IoError.NotSupported)
                throw Failure(cow, $"zeroing {length} bytes at byte {offset}", zeroed.Error);
        }
        await TransferAsync(cow, offset, length, (at, done) => cow.WriteAsync(at, ZeroPages.Memory[..(int)Math.Min(length - done, ZeroPages.Memory.Length)])).ConfigureAwait(false);
    }

    private static async ValueTask TransferAsync(IBlockDevice cow, long offset, long length, Func<long, long, ValueTask<IoResult>> transfer)
    {
        for (long done = 0; done < length;)
        {
            var result = await transfer(offset + done, done).ConfigureAwait(false);
            if (!result.IsSuccess || result.Bytes == 0)
                throw Failure(cow, $"a write at byte {offset + done}", result.IsSuccess ? IoError.EndOfDevice : result.Error);
            done += result.Bytes;
        }
    }

    private static async ValueTask FlushAsync(IBlockDevice cow)
    {
        if (await cow.FlushAsync().ConfigureAwait(false) is { IsSuccess: false } failure)
            throw Failure(cow, "a flush", failure.Error);
    }

    private static SnapshotStoreException Failure(IBlockDevice cow, string what, IoError error) =>
        new(SnapshotStoreError.Io, cow.Name, $": no store can be made there: {what} failed: {error.Describe()}.");
}
