using System.Buffers.Binary;

namespace Kcopyd.Interop.Tests.Mirrors;

/// <summary>Reads and predicts a log's bytes by the kernel's documentation, without code of this library.</summary>
internal static class LogBytes
{
    public const int LabelAt = 512, BitsAt = 1024;

    private const int Magic = 0x4D695272;

    public static (int Magic, int Version, long Regions) Header(ReadOnlySpan<byte> log) => (BinaryPrimitives.ReadInt32LittleEndian(log),
        BinaryPrimitives.ReadInt32LittleEndian(log[4..]), BinaryPrimitives.ReadInt64LittleEndian(log[8..]));

    public static bool IsLog(ReadOnlySpan<byte> log) => Header(log) is (Magic, 1 or 2, _);

    /// <summary>Bytes that a log needs on a device with blocks of 512 bytes.</summary>
    public static int Size(int regions) => (BitsAt + (regions + 31) / 32 * 4 + 511) & -512;

    /// <summary>Which regions are clean.</summary>
    public static bool[] Clean(byte[] log, int regions) => [.. Enumerable.Range(0, regions).Select(i => (log[BitsAt + i / 8] >> (i % 8) & 1) != 0)];

    /// <summary>What a log holds after it was written over <paramref name="before"/>: the header, the bits, and the zeroes up to a whole word of 64 bits
    /// change, and nothing else. (Older kernels have words of 32 bits; that makes no difference to a log that was zero at first.)</summary>
    public static byte[] Written(ReadOnlySpan<byte> before, IReadOnlyList<bool> clean)
    {
        var log = before.ToArray();
        BinaryPrimitives.WriteInt32LittleEndian(log, Magic);
        BinaryPrimitives.WriteInt32LittleEndian(log.AsSpan(4), 2);
        BinaryPrimitives.WriteInt64LittleEndian(log.AsSpan(8), clean.Count);
        log.AsSpan(BitsAt, (clean.Count + 63) / 64 * 8).Clear();
        for (var i = 0; i < clean.Count; i++)
            log[BitsAt + i / 8] |= (byte)(clean[i] ? 1 << (i % 8) : 0);
        return log;
    }

    /// <summary>The log with the bytes of our label taken from another one; the kernel does not use them.</summary>
    public static byte[] WithLabelOf(ReadOnlySpan<byte> log, ReadOnlySpan<byte> other)
    {
        var bytes = log.ToArray();
        other[LabelAt..BitsAt].CopyTo(bytes.AsSpan(LabelAt));
        return bytes;
    }

    /// <summary>The regions as text: "0-3 7".</summary>
    public static string Text(IReadOnlyList<bool> regions)
    {
        List<string> runs = [];
        for (var i = 0; i < regions.Count; i++)
        {
            if (!regions[i])
                continue;
            var first = i;
            while (i + 1 < regions.Count && regions[i + 1])
                i++;
            runs.Add(first == i ? $"{i}" : $"{first}-{i}");
        }
        return string.Join(' ', runs);
    }
}
