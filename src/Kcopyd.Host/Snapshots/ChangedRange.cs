using Kcopyd.Actors.Devices;
using Kcopyd.Actors.Snapshots;

namespace Kcopyd.Host.Snapshots;

/// <summary>Bytes in which a snapshot differs from its origin, or may.</summary>
/// <param name="Offset">First byte.</param>
/// <param name="Length">Bytes.</param>
internal sealed record ChangedRange(long Offset, long Length)
{
    /// <summary>The chunks that have an exception; neighbours are one range.</summary>
    public static IEnumerable<ChangedRange> Chunks(SnapshotStoreContents contents, long originLength) => Merged(InOrder(contents, originLength).Select(chunk => chunk.Range));

    /// <summary>The sectors that really differ.</summary>
    /// <exception cref="FailureException">Something cannot be read.</exception>
    public static async Task<List<ChangedRange>> SectorsAsync(SnapshotStoreContents contents, IBlockDevice origin, IBlockDevice cow, CancellationToken cancellationToken)
    {
        var sectors = new List<ChangedRange>();
        var (here, there) = (new byte[contents.Status.ChunkSize], new byte[contents.Status.ChunkSize]);
        foreach (var (range, place) in InOrder(contents, origin.Length))
        {
            cancellationToken.ThrowIfCancellationRequested();
            var length = (int)range.Length;
            await DeviceLoops.ReadAsync(origin, range.Offset, here.AsMemory(0, length)).ConfigureAwait(false);
            await DeviceLoops.ReadAsync(cow, place, there.AsMemory(0, length)).ConfigureAwait(false);
            for (var at = 0; at < length; at += IoRegion.SectorSize)
            {
                if (!here.AsSpan(at, IoRegion.SectorSize).SequenceEqual(there.AsSpan(at, IoRegion.SectorSize)))
                    sectors.Add(new ChangedRange(range.Offset + at, IoRegion.SectorSize));
            }
        }
        return [.. Merged(sectors)];
    }

    // With the byte in the store. The last chunk may be a part of one.
    private static IEnumerable<(ChangedRange Range, long Place)> InOrder(SnapshotStoreContents contents, long originLength)
    {
        long size = contents.Status.ChunkSize;
        return contents.Exceptions.OrderBy(record => record.Old)
            .Select(record => (new ChangedRange(record.Old * size, Math.Min(size, originLength - record.Old * size)), record.New * size));
    }

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
