namespace Kcopyd.Actors.TestKit.Disks;

/// <summary>
/// The bytes of a disk, with the writes that a power cut can still lose. Invariant: what reads return is the medium, changed by the held writes in their order,
/// and by what a failed flush has lost.
/// </summary>
internal sealed class DiskStorage
{
    private readonly byte[] _content;
    private readonly DiskMedium _medium;
    private readonly bool _hasCache;
    private readonly List<Held> _held = [];
    private readonly int _block;
    private readonly long _limit;
    private long _heldBytes;
    private bool _hasLost;      // a failed flush has lost something that can still be read

    private sealed record Held(SimulatedIo Io, long Offset, int Length, byte[]? Data);

    public DiskStorage(byte[] content, SimulatedDiskOptions options)
    {
        _content = content;
        _medium = new DiskMedium(content);
        _hasCache = (options.Features & DeviceFeatures.VolatileCache) != 0;
        (_block, _limit) = (options.LogicalBlockSize, options.CacheSize);
    }

    /// <summary>What reads return.</summary>
    public byte[] Content => _content;

    /// <summary>The writes that are acknowledged and not on the medium.</summary>
    public int HeldWrites => _held.Count;

    /// <summary>Stores bytes, in the cache if there is one.</summary>
    /// <param name="io">The I/O that causes it.</param>
    /// <param name="offset">Byte offset.</param>
    /// <param name="length">Bytes.</param>
    /// <param name="data">The bytes; empty for zeroes.</param>
    public void Write(SimulatedIo io, long offset, int length, ReadOnlySpan<byte> data)
    {
        if (_hasCache)
            _medium.Keep(offset, length);
        var place = _content.AsSpan((int)offset, length);
        if (data.IsEmpty)
            place.Clear();
        else
            data.CopyTo(place);
        if (!_hasCache)
        {
            io.Durable = io.Disk.Step;
            return;
        }
        _held.Add(new Held(io, offset, length, data.IsEmpty ? null : data.ToArray()));
        _heldBytes += length;
        var count = 0;
        for (; _heldBytes > _limit; count++)
            WriteBack(_held[count]);
        _held.RemoveRange(0, count);
    }

    /// <summary>Writes back what was acknowledged before a flush was issued.</summary>
    public void Flush(SimulatedIo flush)
    {
        // In the order of their completion, so that those which the flush covers are the first ones.
        var covered = Covered(flush);
        for (var i = 0; i < covered; i++)
            WriteBack(_held[i]);
        _held.RemoveRange(0, covered);
        if (_held.Count == 0 && !_hasLost)
            _medium.Forget();
    }

    /// <summary>A flush fails: of what it covers, some blocks reach the medium, and the others will not.</summary>
    public void FailFlush(SimulatedIo flush, Survival survival)
    {
        var covered = _held.GetRange(0, Covered(flush));
        _held.RemoveRange(0, covered.Count);
        _heldBytes -= covered.Sum(static write => (long)write.Length);
        _hasLost |= Settle(covered, survival, null) > 0;
    }

    /// <summary>Decides which blocks of the unflushed writes are on the medium, and forgets the cache.</summary>
    /// <param name="inFlight">I/Os that were issued and have not completed, and are within the disk.</param>
    /// <param name="survival">Decides.</param>
    /// <param name="defects">Learns of the blocks that are half written.</param>
    /// <returns>The number of blocks of acknowledged writes that were lost. A block that was written twice counts twice.</returns>
    public int PowerCut(IEnumerable<SimulatedIo> inFlight, Survival survival, DiskDefects defects)
    {
        var lost = Settle(_held, survival, defects);
        var flying = inFlight.Where(static io => io.Kind is DiskIoKind.Write or DiskIoKind.WriteZeroes)
            .Select(io => new Held(io, io.Offset, (int)Math.Clamp(_content.Length - io.Offset, 0, io.Length), DataOf(io)))
            .ToList();
        flying.ForEach(write => _medium.Keep(write.Offset, write.Length));
        Settle(flying, survival, defects);
        _medium.Revert();
        Clear();
        return lost;
    }

    /// <summary>Replaces everything.</summary>
    public void Restore(ReadOnlySpan<byte> image)
    {
        image.CopyTo(_content);
        _medium.Forget();
        Clear();
    }

    /// <summary>Flips bits of a byte at rest.</summary>
    /// <returns>False if the byte is in the cache, where it does not rot.</returns>
    public bool Flip(long offset, byte mask)
    {
        if (_held.Exists(write => write.Offset <= offset && offset < write.Offset + write.Length))
            return false;
        _content[offset] ^= mask;
        _medium.Flip(offset, mask);
        return true;
    }

    private static byte[]? DataOf(SimulatedIo io) => io.Kind == DiskIoKind.Write ? io.Data.ToArray() : null;

    private int Settle(List<Held> writes, Survival survival, DiskDefects? defects)
    {
        var lost = 0;
        survival.Begin(writes.Count);
        for (var i = 0; i < writes.Count; i++)
        {
            var write = writes[i];
            for (var at = 0; at < write.Length;)
            {
                var length = (int)Math.Min(_block - (write.Offset + at) % _block, write.Length - at);
                var stored = survival.Bytes(i, length, defects is not null);
                lost += stored < length ? 1 : 0;
                if (stored > 0)
                    _medium.Write(write.Offset + at, stored, write.Data is null ? default : write.Data.AsSpan(at, stored));
                if (stored > 0 && stored < length)
                    defects!.Mark(write.Offset + at, length);
                at += length;
            }
        }
        return lost;
    }

    private void Clear()
    {
        _held.Clear();
        (_heldBytes, _hasLost) = (0, false);
    }

    private int Covered(SimulatedIo flush)
    {
        var count = 0;
        while (count < _held.Count && _held[count].Io.DoneOrder < flush.IssueOrder)
            count++;
        return count;
    }

    private void WriteBack(Held write)
    {
        _medium.Write(write.Offset, write.Length, write.Data);
        _heldBytes -= write.Length;
        write.Io.Durable = write.Io.Disk.Step;
    }
}
