namespace Kcopyd.Benchmarks.Peers;

/// <summary>The offsets of the 4 KiB pairs: scattered over the file, and the same for every contender (floor.c has the same sequence).</summary>
internal static class PairSequence
{
    public const int PairBytes = 4096;

    /// <summary>The offset of a pair in bytes, in a file of <paramref name="fileBytes"/>.</summary>
    public static long Offset(long pair, long fileBytes) => (long)(Noise.Mix((ulong)pair) % (ulong)(fileBytes / PairBytes)) * PairBytes;

    /// <summary>The offsets of an even sample of the pairs.</summary>
    public static IEnumerable<long> Sample(long pairs, long fileBytes, long count)
    {
        var step = Math.Max(1, pairs / count);
        for (var pair = 0L; pair < pairs; pair += step)
            yield return Offset(pair, fileBytes);
    }
}
