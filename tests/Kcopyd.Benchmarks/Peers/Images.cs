using Microsoft.Win32.SafeHandles;

namespace Kcopyd.Benchmarks.Peers;

/// <summary>Creates files of random bytes and compares them.</summary>
internal static class Images
{
    private const int ChunkBytes = 1 << 20;

    /// <summary>Overwrites or creates a file with random bytes that no other seed gives.</summary>
    public static void WriteRandom(string path, long length, int seed, CancellationToken cancellationToken)
    {
        using var file = File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.Write, FileShare.ReadWrite);
        if (RandomAccess.GetLength(file) > length)
            RandomAccess.SetLength(file, length);
        var chunk = new byte[ChunkBytes];
        for (var at = 0L; at < length; at += ChunkBytes)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Noise.Fill(chunk, seed, at);
            RandomAccess.Write(file, chunk.AsSpan(0, (int)Math.Min(ChunkBytes, length - at)), at);
        }
    }

    /// <summary>Null if two files are the same; otherwise what differs. Ranges that are holes in both are not read, because both are zeroes there.</summary>
    public static string? Difference(string source, string copy, CancellationToken cancellationToken)
    {
        using var one = File.OpenHandle(source);
        using var other = File.OpenHandle(copy);
        if (RandomAccess.GetLength(one) != RandomAccess.GetLength(other))
            return $"{Path.GetFileName(copy)} has {RandomAccess.GetLength(other)} bytes of {RandomAccess.GetLength(one)}";
        return Difference(one, other, PosixFile.DataOf(one), copy, cancellationToken)
            ?? Difference(one, other, PosixFile.DataOf(other), copy, cancellationToken);
    }

    /// <summary>Null if a file is all zeroes; otherwise where it is not.</summary>
    public static string? NotZero(string path, long length, CancellationToken cancellationToken)
    {
        using var file = File.OpenHandle(path);
        if (RandomAccess.GetLength(file) != length)
            return $"{Path.GetFileName(path)} has {RandomAccess.GetLength(file)} bytes of {length}";
        var chunk = new byte[ChunkBytes];
        foreach (var (start, end) in PosixFile.DataOf(file))
        {
            for (var at = start; at < end; at += ChunkBytes)
            {
                cancellationToken.ThrowIfCancellationRequested();
                var bytes = chunk.AsSpan(0, (int)Math.Min(ChunkBytes, end - at));
                Read(file, bytes, at);
                if (bytes.ContainsAnyExcept((byte)0))
                    return $"{Path.GetFileName(path)} is not zero at {at + bytes.IndexOfAnyExcept((byte)0)}";
            }
        }
        return null;
    }

    /// <summary>Reads until the buffer is full.</summary>
    public static void Read(SafeFileHandle file, Span<byte> bytes, long at)
    {
        for (var done = 0; done < bytes.Length;)
        {
            var read = RandomAccess.Read(file, bytes[done..], at + done);
            if (read == 0)
                throw new IOException($"short read at {at + done}");
            done += read;
        }
    }

    private static string? Difference(
        SafeFileHandle one, SafeFileHandle other, IEnumerable<(long Start, long End)> ranges, string name, CancellationToken cancellationToken)
    {
        byte[] left = new byte[ChunkBytes], right = new byte[ChunkBytes];
        foreach (var (start, end) in ranges)
        {
            for (var at = start; at < end; at += ChunkBytes)
            {
                cancellationToken.ThrowIfCancellationRequested();
                var length = (int)Math.Min(ChunkBytes, end - at);
                Read(one, left.AsSpan(0, length), at);
                Read(other, right.AsSpan(0, length), at);
                var same = left.AsSpan(0, length).CommonPrefixLength(right.AsSpan(0, length));
                if (same < length)
                    return $"{Path.GetFileName(name)} differs from the source at byte {at + same}";
            }
        }
        return null;
    }
}
