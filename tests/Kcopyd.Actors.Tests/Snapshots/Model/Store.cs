using Kcopyd.Actors.Snapshots;

namespace Kcopyd.Actors.Tests.Snapshots.Model;

/// <summary>What an origin and a store show together, read with <see cref="StoreReader"/> alone, without an actor.</summary>
internal static class Store
{
    /// <returns>Null if there is no store on the disk.</returns>
    public static StoreImage? Load(ReadOnlySpan<byte> cow, int originLength)
    {
        var disk = new MemoryBlockDevice(cow.Length);
        cow.CopyTo(disk.Bytes);
#pragma warning disable CA2012 // complete: this device completes everything before the call returns
        return StoreReader.HeadAsync(disk).GetAwaiter().GetResult() is { } head
            ? StoreReader.LoadAsync(disk, head, originLength, acceptTruncated: false).GetAwaiter().GetResult()
            : null;
#pragma warning restore CA2012
    }

    /// <summary>The writer of a sector, as the snapshot shows it.</summary>
    public static int WriterAt(StoreImage image, ReadOnlySpan<byte> origin, ReadOnlySpan<byte> cow, int sector)
    {
        var chunk = image.Geometry.ChunkSize / Sector.Size;
        var place = image.Table.Find(sector / chunk);
        return place < 0
            ? World.WriterAt(origin, sector)
            : Sector.WriterOf(cow.Slice((int)image.Geometry.OffsetOf(place) + sector % chunk * Sector.Size, Sector.Size), sector);
    }
}
