using Kcopyd.Actors.Memory;

namespace Kcopyd.Actors.Snapshots;

/// <summary>Checks whether a store would overwrite data: anything in its first chunk, or the signature of a file system, partition table or volume.</summary>
/// <remarks>The kernel creates a store on any device whose first four bytes are zero, which includes ext4, swap space and ISO images.</remarks>
internal static class OccupiedSpace
{
    private const int MaxInspected = 1 << 20;   // bytes of the first chunk that are checked
    private const int EdgeSize = 128 << 10;     // bytes at the start and at the end that can hold signatures

    private static readonly Signature[] Known =
    [
        new("an ext2, ext3 or ext4 file system", [0x53, 0xEF], 1080),
        new("an XFS file system", "XFSB"u8, 0),
        new("a Btrfs file system", "_BHRfS_M"u8, 65600),
        new("an F2FS file system", [0x10, 0x20, 0xF5, 0xF2], 1024),
        new("a ReiserFS file system", "ReIsEr"u8, 65588, 8244),
        new("a JFS file system", "JFS1"u8, 32768),
        new("a NILFS2 file system", [0x34, 0x34], 1030),
        new("a bcache or bcachefs device", [0xC6, 0x85, 0x73, 0xF6, 0x4E, 0x1A, 0x45, 0xCA], 4120),
        new("an ISO 9660 image", "CD001"u8, 32769),
        new("swap space", "SWAPSPACE2"u8, 4086, 8182, 16374, 32758, 65526),
        new("swap space", "SWAP-SPACE"u8, 4086, 8182, 16374, 32758, 65526),
        new("an encrypted volume (LUKS)", [0x4C, 0x55, 0x4B, 0x53, 0xBA, 0xBE], 0),
        new("an encrypted volume (LUKS)", [0x53, 0x4B, 0x55, 0x4C, 0xBA, 0xBE], 0x4000, 0x8000),
        new("an LVM physical volume", "LABELONE"u8, 0, 512, 1024, 1536),
        new("a GPT partition table", "EFI PART"u8, 512, 4096, -512, -4096),
        new("a boot sector or partition table", [0x55, 0xAA], 510),
        new("a member of a RAID", [0xFC, 0x4E, 0x2B, 0xA9], 0, 4096),
    ];

    /// <summary>Describes the data found; null if there is none.</summary>
    /// <param name="device">The device.</param>
    /// <param name="chunkSize">The store's chunk size in bytes.</param>
    /// <exception cref="SnapshotStoreException">The device cannot be read.</exception>
    public static async ValueTask<string?> FindAsync(IBlockDevice device, int chunkSize)
    {
        var startLength = (int)Math.Min(device.Length, Math.Max(EdgeSize, Math.Min(chunkSize, MaxInspected)));
        var start = await StoreReader.ReadAsync(device, 0, startLength, "its beginning").ConfigureAwait(false);
        var endsFrom = Math.Max(0, device.Length - EdgeSize) / AlignedMemory.PageSize * AlignedMemory.PageSize;
        var end = await StoreReader.ReadAsync(device, endsFrom, (int)(device.Length - endsFrom), "its end").ConfigureAwait(false);
        foreach (var signature in Known)
        {
            if (signature.Places.Any(place => signature.IsAt(place >= 0 ? start.Span : end.Span, place)))
                return signature.Name;
        }
        foreach (var superblock in RaidSuperblocks(device.Length).Where(at => at >= endsFrom))
        {
            if (Known[^1].IsAt(end.Span, (int)(superblock - endsFrom)))
                return Known[^1].Name;
        }
        var chunk = start.Span[..Math.Min(start.Length, Math.Min(chunkSize, MaxInspected))];
        return chunk.IndexOfAnyExcept((byte)0) is >= 0 and var first ? $"data, at byte {first} and perhaps elsewhere" : null;
    }

    // Linux RAID metadata versions 1.0 and 0.90, near the end.
    private static long[] RaidSuperblocks(long length) => [((length / 512) - 16) / 8 * 8 * 512, length / 65536 * 65536 - 65536];

    /// <param name="name">What has this signature.</param>
    /// <param name="magic">The bytes.</param>
    /// <param name="places">Byte offsets; negative ones are from the end.</param>
    private sealed class Signature(string name, ReadOnlySpan<byte> magic, params int[] places)
    {
        private readonly byte[] _magic = magic.ToArray();

        public string Name => name;

        public int[] Places => places;

        public bool IsAt(ReadOnlySpan<byte> bytes, int place)
        {
            var at = place >= 0 ? place : bytes.Length + place;
            return at >= 0 && at + _magic.Length <= bytes.Length && bytes.Slice(at, _magic.Length).SequenceEqual(_magic);
        }
    }
}
