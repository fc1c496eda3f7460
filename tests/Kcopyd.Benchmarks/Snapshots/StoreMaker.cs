using Kcopyd.Actors.Snapshots;

namespace Kcopyd.Benchmarks.Snapshots;

/// <summary>Creates a persistent store with a given number of exceptions, as if from that many writes: only the metadata; the data are holes.</summary>
internal static class StoreMaker
{
    /// <param name="path">The file.</param>
    /// <param name="exceptions">The number of exceptions; their old chunks are 0 to this number, exclusive.</param>
    /// <param name="shuffled">True for old chunks in pseudo-random order; false for ascending order.</param>
    /// <param name="cancellationToken">Cancels the run.</param>
    public static void Make(string path, long exceptions, bool shuffled, CancellationToken cancellationToken)
    {
        var geometry = new StoreGeometry(SnapshotFiles.ChunkSize);
        using var file = File.OpenHandle(path, FileMode.Create, FileAccess.Write);
        var areas = (exceptions / geometry.RecordsPerArea) + 1;     // the last one is not full
        RandomAccess.SetLength(file, geometry.OffsetOf(geometry.AreaChunk(areas)));
        var chunk = new byte[geometry.ChunkSize];
        StoreHeader.Of(geometry, valid: true).Write(chunk);
        RandomAccess.Write(file, chunk, 0);
        // Consecutive numbers times the golden section, modulo the next power of two, without those that are too large: each number once, shuffled.
        ulong mask = System.Numerics.BitOperations.RoundUpToPowerOf2((ulong)exceptions) - 1, number = 0;
        long made = 0, free = StoreGeometry.FirstData;
        for (var area = 0L; area < areas; area++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Array.Clear(chunk);
            for (var i = 0; i < geometry.RecordsPerArea && made < exceptions; i++, made++)
            {
                new ExceptionRecord(shuffled ? NextOld() : made, free).Write(chunk, i);
                free = geometry.DataFrom(free + 1);
            }
            RandomAccess.Write(file, chunk, geometry.OffsetOf(geometry.AreaChunk(area)));
        }

        long NextOld()
        {
            while (true)
            {
                // A bijection of the numbers up to the mask: odd factors, and an XOR with a right shift, which can be inverted from the top bits down.
                var mixed = unchecked(number++ * 0x9E3779B97F4A7C15) & mask;
                mixed ^= mixed >> (System.Numerics.BitOperations.PopCount(mask) / 2 + 1);
                mixed = unchecked(mixed * 0xBF58476D1CE4E5B9) & mask;
                if (mixed < (ulong)exceptions)
                    return (long)mixed;
            }
        }
    }
}
