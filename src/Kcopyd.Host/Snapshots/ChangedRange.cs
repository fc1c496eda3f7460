using Kcopyd.Actors;
using Kcopyd.Actors.Snapshots;

namespace Kcopyd.Host.Snapshots;

/// <summary>A range of bytes in which a snapshot differs, or may differ, from its origin.</summary>
/// <param name="Offset">First byte.</param>
/// <param name="Length">Bytes.</param>
internal sealed record ChangedRange(long Offset, long Length)
{
    private const int Piece = 1 << 20;      // maximum number of bytes compared at once, whatever the chunk size

    /// <summary>Returns the chunks that have an exception, adjacent ones merged.</summary>
    public static IEnumerable<ChangedRange> Chunks(SnapshotStoreContents contents, long originLength) =>
        Merged(InOrder(contents, originLength).Select(chunk => chunk.Range));

    /// <summary>Returns the ranges of chunks that are in ascending order, adjacent ones merged.</summary>
    public static IEnumerable<ChangedRange> Chunks(IEnumerable<long> chunks, long chunkSize, long originLength) =>
        Merged(chunks.Select(chunk => Chunk(chunk, chunkSize, originLength)));

    /// <summary>Compares the contents, and returns the sectors that actually differ.</summary>
    /// <exception cref="FailureException">The origin or the store cannot be read.</exception>
    public static async Task<List<ChangedRange>> SectorsAsync(
        SnapshotStoreContents contents, IBlockDevice origin, IBlockDevice cow, CancellationToken cancellationToken)
    {
        var found = new List<ChangedRange>();
        var size = Math.Min(contents.Status.ChunkSize, Piece);
        var (here, there) = (new byte[size], new byte[size]);
        foreach (var (range, place) in InOrder(contents, origin.Length))
        {
            for (long done = 0; done < range.Length; done += size)
            {
                cancellationToken.ThrowIfCancellationRequested();
                var length = (int)Math.Min(size, range.Length - done);
                await DeviceLoops.ReadAsync(origin, range.Offset + done, here.AsMemory(0, length)).ConfigureAwait(false);
                await DeviceLoops.ReadAsync(cow, place + done, there.AsMemory(0, length)).ConfigureAwait(false);
                Compare(here.AsSpan(0, length), there, range.Offset + done, found);
            }
        }
        return found;
    }

    private static void Compare(ReadOnlySpan<byte> here, ReadOnlySpan<byte> there, long offset, List<ChangedRange> found)
    {
        for (var at = 0; at < here.Length; at += IoRegion.SectorSize)
        {
            if (here.Slice(at, IoRegion.SectorSize).SequenceEqual(there.Slice(at, IoRegion.SectorSize)))
                continue;
            if (found.Count > 0 && found[^1] is var last && last.Offset + last.Length == offset + at)
                found[^1] = last with { Length = last.Length + IoRegion.SectorSize };
            else
                found.Add(new ChangedRange(offset + at, IoRegion.SectorSize));
        }
    }

    // Each range comes with its byte offset in the store. The last chunk may be partial.
    private static IEnumerable<(ChangedRange Range, long Place)> InOrder(SnapshotStoreContents contents, long originLength)
    {
        long size = contents.Status.ChunkSize;
        return contents.Exceptions.OrderBy(record => record.Old)
            .Select(record => (Chunk(record.Old, size, originLength), record.New * size));
    }

    private static ChangedRange Chunk(long chunk, long size, long originLength) => new(chunk * size, Math.Min(size, originLength - chunk * size));

    private static IEnumerable<ChangedRange> Merged(IEnumerable<ChangedRange> ranges)
    {
        ChangedRange? last = null;
        foreach (var range in ranges)
        {
            if (last is not null && last.Offset + last.Length == range.Offset)
            {
                last = last with { Length = last.Length + range.Length };
                continue;
            }
            if (last is not null)
                yield return last;
            last = range;
        }
        if (last is not null)
            yield return last;
    }
}
