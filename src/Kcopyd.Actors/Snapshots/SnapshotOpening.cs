using Kcopyd.Actors.Devices;
using Kcopyd.Actors.Memory;

namespace Kcopyd.Actors.Snapshots;

/// <summary>Opens a store, or makes one, before the origin's actor hears of it.</summary>
internal static class SnapshotOpening
{
    /// <exception cref="ArgumentException">The options or the device cannot be right.</exception>
    /// <exception cref="SnapshotStoreException">The store cannot be used.</exception>
    public static async ValueTask<SnapshotCore> OpenAsync(OriginCore origin, IBlockDevice cow, SnapshotOptions options)
    {
        Check(origin, cow, options);
        var threshold = options.FillThreshold ?? origin.Settings.FillThreshold;
        var name = options.Name ?? cow.Name;
        var asked = new StoreGeometry(options.ChunkSize ?? origin.Settings.ChunkSize);
        if (options.Store == StoreKind.Transient)
        {
            CheckAlignment(origin, cow, asked);
            return new SnapshotCore(origin, name, cow, options, asked, new TransientStore(asked), new ExceptionTable(), threshold);
        }
        var header = await StoreReader.HeaderAsync(cow).ConfigureAwait(false);
        if (header is null && options.Mode == StoreMode.Open)
            throw new SnapshotStoreException($"{cow.Name} holds no COW store; make one by StoreMode.Create.");
        if (header is not null && options.Mode == StoreMode.Create)
            throw new SnapshotStoreException($"{cow.Name} holds a COW store already; open it by StoreMode.Open, or zero its first chunk if it is not needed any more.");
        header ??= await CreateAsync(origin, cow, asked).ConfigureAwait(false);
        var image = await StoreReader.LoadAsync(cow, header.Value, origin.Device.Length, options.AcceptTruncated).ConfigureAwait(false);
        CheckAlignment(origin, cow, image.Geometry);
        return new SnapshotCore(origin, name, cow, options, image.Geometry, new PersistentStore(image), image.Table, threshold)
        {
            IsInvalid = !image.IsValid,
            Reason = image.IsValid ? image.Lost == 0 ? null : $"its store was truncated: {image.Lost} chunks are lost" : "its store says so",
        };
    }

    // The header comes last: before it is on the medium the store is none.
    private static async ValueTask<StoreHeader> CreateAsync(OriginCore origin, IBlockDevice cow, StoreGeometry geometry)
    {
        if (cow.IsReadOnly)
            throw new ArgumentException($"{cow.Name} is read-only and holds no COW store; open it for writing.", nameof(cow));
        CheckAlignment(origin, cow, geometry);
        if (cow.Length < 2L * geometry.ChunkSize)
            throw new SnapshotStoreException($"{cow.Name} has {cow.Length} bytes: a COW store needs two chunks of {geometry.ChunkSize} bytes at least, and one more for each chunk that changes.");
        var chunk = AlignedMemory.Allocate(geometry.ChunkSize);
        await WriteAsync(cow, geometry.OffsetOf(geometry.AreaChunk(0)), chunk).ConfigureAwait(false);
        var header = StoreHeader.Of(geometry, valid: true);
        header.Write(chunk.Span);
        await WriteAsync(cow, 0, chunk).ConfigureAwait(false);
        return header;
    }

    private static async ValueTask WriteAsync(IBlockDevice cow, long offset, Memory<byte> chunk)
    {
        for (var done = 0; done < chunk.Length;)
        {
            var result = await cow.WriteAsync(offset + done, chunk[done..]).ConfigureAwait(false);
            if (!result.IsSuccess || result.Bytes == 0)
                throw new SnapshotStoreException($"{cow.Name}: no store can be made there: a write at byte {offset + done} failed: {(result.IsSuccess ? IoError.EndOfDevice : result.Error)}.");
            done += (int)result.Bytes;
        }
        if (await cow.FlushAsync().ConfigureAwait(false) is { IsSuccess: false } failure)
            throw new SnapshotStoreException($"{cow.Name}: no store can be made there: a flush failed: {failure.Error}.");
    }

    private static void Check(OriginCore origin, IBlockDevice cow, SnapshotOptions options)
    {
        if (options.ChunkSize is { } size && !StoreGeometry.IsChunkSize(size))
            throw new ArgumentException($"ChunkSize = {size}: must be a power of two from 512 bytes to 1 GiB.", nameof(options));
        if (options.FillThreshold is < 1 or > 100)
            throw new ArgumentException($"FillThreshold = {options.FillThreshold}: must be a percentage, 1 to 100.", nameof(options));
        if (options is { DiscardPassdownOrigin: true, DiscardZeroesCow: false })
            throw new ArgumentException("DiscardPassdownOrigin needs DiscardZeroesCow: otherwise a discarded chunk would still be found in the store.", nameof(options));
        if (options is { DiscardPassdownOrigin: true } && (origin.Device.Features & DeviceFeatures.Discard) == 0)
            throw new ArgumentException($"DiscardPassdownOrigin: {origin.Device.Name} cannot discard.", nameof(options));
        if (cow.IsReadOnly && !origin.Device.IsReadOnly)
            throw new ArgumentException($"{cow.Name} is read-only, and a write to the origin {origin.Device.Name} could not be copied into it; open the origin read-only, too, or the COW device for writing.", nameof(cow));
        if (OriginActor.Overlap(origin.Device, cow))
            throw new ArgumentException($"{cow.Name} is the storage of the origin {origin.Device.Name}; the COW device must be another one.", nameof(cow));
    }

    private static void CheckAlignment(OriginCore origin, IBlockDevice cow, StoreGeometry geometry)
    {
        var alignment = Math.Max(origin.Device.Alignment, cow.Alignment);
        if (geometry.ChunkSize % alignment != 0)
            throw new ArgumentException($"Chunks of {geometry.ChunkSize} bytes: direct I/O on {origin.Device.Name} and {cow.Name} wants multiples of {alignment}. "
                + "Take larger chunks, or open them with IoMode.Buffered.", nameof(cow));
    }
}
