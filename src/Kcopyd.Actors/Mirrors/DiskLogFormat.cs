using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;

namespace Kcopyd.Actors.Mirrors;

/// <summary>The kernel's log on a device: a header of 1024 bytes, of which the kernel uses 16, and a bit per region, 1 if it is clean.</summary>
internal static class DiskLogFormat
{
    /// <summary>"rRiM" on the medium.</summary>
    public const uint Magic = 0x4D695272;

    public const uint Version = 2;

    public const int BitsAt = 1024;

    /// <summary>A number of regions by which lvm2 says that all bits are valid, whatever the size.</summary>
    public const ulong AnyCount = ulong.MaxValue;

    private const int WordSize = 4;

    /// <summary>Bytes of a log, before it is rounded up to the blocks of its device.</summary>
    public static long SizeOf(long regions) => BitsAt + (regions + 31) / 32 * WordSize;

    /// <summary>Bytes of a log on its device, which must have as many.</summary>
    public static long SizeOn(IBlockDevice device, long regions) => (SizeOf(regions) + Unit(device) - 1) & -Unit(device);

    /// <summary>The unit of the log's I/O, in bytes.</summary>
    public static long Unit(IBlockDevice device) => Math.Max(device.LogicalBlockSize, device.Alignment);

    public static void WriteHeader(Span<byte> sector, long regions)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(sector, Magic);
        BinaryPrimitives.WriteUInt32LittleEndian(sector[4..], Version);
        BinaryPrimitives.WriteUInt64LittleEndian(sector[8..], (ulong)regions);
    }

    public static (uint Magic, uint Version, ulong Regions) ReadHeader(ReadOnlySpan<byte> sector) => (
        BinaryPrimitives.ReadUInt32LittleEndian(sector),
        BinaryPrimitives.ReadUInt32LittleEndian(sector[4..]),
        BinaryPrimitives.ReadUInt64LittleEndian(sector[8..]));

    /// <summary>The regions that are clean according to a log's bits.</summary>
    public static RegionSet ReadBits(ReadOnlySpan<byte> bits, long regions)
    {
        var clean = new RegionSet(regions);
        for (var at = 0; at < (regions + 7) / 8; at++)
        {
            for (uint rest = bits[at]; rest != 0; rest &= rest - 1)
            {
                var region = at * 8L + BitOperations.TrailingZeroCount(rest);
                if (region < regions)
                    clean.Add(region);
            }
        }
        return clean;
    }

    /// <summary>Writes the bits, and zeroes after the last region up to a whole word of 32 bits; bytes behind it are not touched.</summary>
    public static void WriteBits(Span<byte> bits, RegionSet clean)
    {
        var size = (int)(SizeOf(clean.Size) - BitsAt);
        if (BitConverter.IsLittleEndian)
        {
            MemoryMarshal.AsBytes(clean.Words)[..size].CopyTo(bits);
            return;
        }
        for (var i = 0; i < size; i++)
            bits[i] = (byte)(clean.Words[i >> 3] >> ((i & 7) * 8));
    }
}
