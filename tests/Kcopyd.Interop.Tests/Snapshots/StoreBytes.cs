using System.Buffers.Binary;

namespace Kcopyd.Interop.Tests.Snapshots;

/// <summary>Reads a store's bytes by the kernel's documentation, without code of this library.</summary>
internal static class StoreBytes
{
    private const int Magic = 0x70416e53;

    /// <summary>The records of all areas, in their order.</summary>
    public static List<(long Old, long New)> Records(ReadOnlySpan<byte> store)
    {
        var chunk = Word(store, 12) * 512;
        List<(long, long)> records = [];
        for (var area = 0; ; area++)
        {
            var at = (1 + area * (chunk / 16 + 1)) * chunk;
            if (at + chunk > store.Length)
                return records;
            for (var i = 0; i < chunk / 16; i++)
            {
                var old = BinaryPrimitives.ReadInt64LittleEndian(store[(at + i * 16)..]);
                var @new = BinaryPrimitives.ReadInt64LittleEndian(store[(at + i * 16 + 8)..]);
                if (@new == 0)
                    return records;
                records.Add((old, @new));
            }
        }
    }

    /// <summary>
    /// The parts of two stores that must be the same: all bytes except the label. If both are invalid, only the header, the records that both have, and their
    /// chunks: in the kernel it varies how far the operation got that found the store full, and an invalid store is never read again.
    /// </summary>
    public static (byte[] One, byte[] Other) ThatCount(ReadOnlySpan<byte> one, ReadOnlySpan<byte> other)
    {
        if (IsInvalid(one) && IsInvalid(other))
        {
            var (records, others) = (Records(one), Records(other));
            var common = Math.Min(records.Count, others.Count);
            if (records.Take(common).SequenceEqual(others.Take(common)))
                return (ThatCount(one, records[..common]), ThatCount(other, records[..common]));
        }
        return (WithoutLabel(one), WithoutLabel(other));
    }

    /// <summary>Clears the bytes after the kernel's header, up to the end of its sector, which the kernel does not use: it keeps or zeroes them.</summary>
    public static byte[] WithoutLabel(ReadOnlySpan<byte> store)
    {
        var bytes = store.ToArray();
        bytes.AsSpan(16..512).Clear();
        return bytes;
    }

    private static byte[] ThatCount(ReadOnlySpan<byte> store, List<(long Old, long New)> records)
    {
        var chunk = Word(store, 12) * 512;
        List<byte> bytes = [.. WithoutLabel(store[..chunk])];
        foreach (var (old, @new) in records)
            bytes.AddRange([.. BitConverter.GetBytes(old), .. BitConverter.GetBytes(@new), .. store.Slice((int)@new * chunk, chunk)]);
        return [.. bytes];
    }

    private static bool IsInvalid(ReadOnlySpan<byte> store) => Word(store, 0) == Magic && Word(store, 4) == 0;

    private static int Word(ReadOnlySpan<byte> store, int at) => BinaryPrimitives.ReadInt32LittleEndian(store[at..]);
}
