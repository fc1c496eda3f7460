using System.Buffers.Binary;

namespace Kcopyd.Interop.Tests.Snapshots;

/// <summary>A store as bytes, by what the kernel documents and nothing of ours.</summary>
internal static class StoreBytes
{
    private const int Magic = 0x70416e53;

    public static bool IsValid(ReadOnlySpan<byte> store) => Word(store, 0) == Magic && Word(store, 4) == 1;

    /// <summary>The records in their order, over all areas.</summary>
    public static List<(long Old, long New)> Records(ReadOnlySpan<byte> store)
    {
        var chunk = Word(store, 12) * 512;
        List<(long, long)> records = [];
        for (var area = 0; ; area++)
        {
            var at = (1 + area * (chunk / 16 + 1)) * chunk;
            for (var i = 0; i < chunk / 16; i++)
            {
                var (old, @new) = (BinaryPrimitives.ReadInt64LittleEndian(store[(at + i * 16)..]), BinaryPrimitives.ReadInt64LittleEndian(store[(at + i * 16 + 8)..]));
                if (@new == 0)
                    return records;
                records.Add((old, @new));
            }
        }
    }

    /// <summary>All bytes; but of an invalid store without the chunks that no record names: how far copies got that were lost with it is chance.</summary>
    public static byte[] ThatCount(ReadOnlySpan<byte> store)
    {
        var bytes = store.ToArray();
        if (Word(store, 0) != Magic || IsValid(store))
            return bytes;
        var chunk = Word(store, 12) * 512;
        var named = Records(store).Select(record => record.New).ToHashSet();
        for (var i = 2; i * chunk < bytes.Length; i++)
        {
            if (i % (chunk / 16 + 1) != 1 && !named.Contains(i))
                bytes.AsSpan(i * chunk, Math.Min(chunk, bytes.Length - i * chunk)).Clear();
        }
        return bytes;
    }

    private static int Word(ReadOnlySpan<byte> store, int at) => BinaryPrimitives.ReadInt32LittleEndian(store[at..]);
}
