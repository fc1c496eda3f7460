using System.Collections;

namespace Kcopyd.Actors.Snapshots;

/// <summary>
/// Refuses records that no snapshot writes. The kernel takes them as they are (CVE-2013-4299 is what came of one kind): a record into the
/// metadata lets a write to the snapshot forge records, two at one chunk let one block of the snapshot be written through another.
/// </summary>
internal sealed class RecordCheck(IBlockDevice cow, StoreGeometry geometry, long originLength, bool acceptTruncated)
{
    private const int BlockBits = 1 << 16;

    private readonly long _originChunks = (originLength + geometry.ChunkSize - 1) >> geometry.Shift;
    private readonly long _cowChunks = cow.Length >> geometry.Shift;
    private readonly Dictionary<long, BitArray> _taken = [];     // new chunks, a bit each
    private (long Number, BitArray? Bits) _block = (-1, null);   // of them the one that was looked at last: most records follow the one before

    /// <summary>Adds the record to the image's table.</summary>
    /// <param name="record">The record.</param>
    /// <param name="image">Where it goes.</param>
    /// <param name="index">Its place in the current area.</param>
    /// <exception cref="SnapshotStoreException">The message names the record.</exception>
    public void Take(ExceptionRecord record, StoreImage image, int index)
    {
        if ((ulong)record.Old >= (ulong)_originChunks)
            throw Refusal(SnapshotRecordError.BehindOrigin, $"old chunk {record.Old} is behind the end of the origin, which has {_originChunks} chunks of "
                + $"{geometry.ChunkSize} bytes. Is it another origin's store?", chunks: _originChunks);
        if (record.New < 0 || geometry.IsMetadata(record.New))
            throw Refusal(SnapshotRecordError.InMetadata, $"new chunk {record.New} holds metadata of the store: the store is damaged, or was made to do damage.");
        if (record.New >= _cowChunks)
        {
            if (!acceptTruncated)
                throw Refusal(SnapshotRecordError.BehindStore, $"new chunk {record.New} is behind the end of the store, which has {_cowChunks} chunks. "
                    + "If the store was truncated, give it back its size, or open it with AcceptTruncated to read what it still has.", chunks: _cowChunks);
            image.Lost++;
        }
        else if (!IsFirstAt(record.New))
        {
            var holder = HolderOf(image, record.New);
            throw Refusal(SnapshotRecordError.ChunkTaken, $"new chunk {record.New} is taken by {holder} already.", holder);
        }
        if (!image.Table.TryAdd(record.Old, record.New))
        {
            var first = new ExceptionRecord(record.Old, image.Table.Find(record.Old));
            throw Refusal(SnapshotRecordError.SecondException, $"old chunk {record.Old} has an exception already: {first}. Which one holds cannot be told.", first);
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

    // Methods of their own: a lambda in Take would cost each record an object.
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
