using System.Collections;

namespace Kcopyd.Actors.Snapshots;

/// <summary>
/// Refuses records that no snapshot writes. The kernel accepts them (one kind led to CVE-2013-4299): a record that refers to the metadata lets a write to the
/// snapshot forge records, and two records for one chunk let one block of the snapshot be written through another.
/// </summary>
internal sealed class RecordCheck(IBlockDevice cow, StoreGeometry geometry, long originLength, bool acceptTruncated)
{
    private const int BlockBits = 1 << 16;

    private readonly long _originChunks = (originLength + geometry.ChunkSize - 1) >> geometry.Shift;
    private readonly long _cowChunks = cow.Length >> geometry.Shift;
    private readonly Dictionary<long, BitArray> _taken = [];     // new chunks, one bit each
    private (long Number, BitArray? Bits) _block = (-1, null);   // the most recently used block: most records follow the previous one

    /// <summary>Adds the record to the image's table.</summary>
    /// <param name="record">The record.</param>
    /// <param name="image">The image that receives it.</param>
    /// <param name="index">Its index in the current area.</param>
    /// <exception cref="SnapshotStoreException">The message names the record.</exception>
    public void Take(ExceptionRecord record, StoreImage image, int index)
    {
        if ((ulong)record.Old >= (ulong)_originChunks)
            throw Refusal(SnapshotRecordError.BehindOrigin, $"old chunk {record.Old} is beyond the end of the origin, which has {_originChunks} chunks of "
                + $"{geometry.ChunkSize} bytes. Does the store belong to another origin?", chunks: _originChunks);
        if (record.New < 0 || geometry.IsMetadata(record.New))
            throw Refusal(SnapshotRecordError.InMetadata, $"new chunk {record.New} holds metadata of the store: the store is damaged or was crafted.");
        if (record.New >= _cowChunks)
        {
            if (!acceptTruncated)
                throw Refusal(SnapshotRecordError.BehindStore, $"new chunk {record.New} is beyond the end of the store, which has {_cowChunks} chunks. "
                    + "If the store was truncated, restore its size, or open it with AcceptTruncated to read what is left.", chunks: _cowChunks);
            image.Lost++;
        }
        else if (!IsFirstAt(record.New))
        {
            var holder = HolderOf(image, record.New);
            throw Refusal(SnapshotRecordError.ChunkTaken, $"new chunk {record.New} is already used by {holder}.", holder);
        }
        if (!image.Table.TryAdd(record.Old, record.New))
        {
            var first = new ExceptionRecord(record.Old, image.Table.Find(record.Old));
            throw Refusal(SnapshotRecordError.SecondException,
                $"old chunk {record.Old} already has an exception: {first}. Which of them is valid is unknown.", first);
        }

        SnapshotStoreException Refusal(SnapshotRecordError error, string why, ExceptionRecord? other = null, long chunks = 0)
        {
            var reason = error switch
            {
                SnapshotRecordError.BehindOrigin => SnapshotStoreError.OtherOrigin,
                SnapshotRecordError.BehindStore => SnapshotStoreError.Truncated,
                _ => SnapshotStoreError.Damaged,
            };
            return new(reason, cow.Name, $": record {index} of metadata area {image.CurrentArea} ({record}) is refused: {why}")
            {
                Record = new(error, record, image.CurrentArea, index) { Other = other, Chunks = chunks }, Length = cow.Length, ChunkSize = geometry.ChunkSize,
            };
        }
    }

    // Not lambdas in Take: a closure would be allocated for each record.
    private static ExceptionRecord HolderOf(StoreImage image, long chunk) => image.Table.All().First(other => other.New == chunk);

    private bool IsFirstAt(long chunk)
    {
        if (_block.Number != chunk / BlockBits)
        {
            if (!_taken.TryGetValue(chunk / BlockBits, out var other))
                _taken[chunk / BlockBits] = other = new BitArray(BlockBits);
            _block = (chunk / BlockBits, other);
        }
        var bits = _block.Bits!;
        var bit = (int)(chunk % BlockBits);
        if (bits[bit])
            return false;
        bits[bit] = true;
        return true;
    }
}
