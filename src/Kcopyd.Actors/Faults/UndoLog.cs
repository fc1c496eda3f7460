using Kcopyd.Actors.Memory;

namespace Kcopyd.Actors.Faults;

/// <summary>
/// What the blocks of a medium held before a flush began to overwrite them, so that a flush that fails, or is cut off, can have lost any of them. Used by one
/// operation at a time.
/// </summary>
/// <param name="medium">The device that is written.</param>
/// <param name="blockSize">The bytes that survive or are lost together.</param>
internal sealed class UndoLog(IBlockDevice medium, int blockSize)
{
    private readonly SortedDictionary<long, ReadOnlyMemory<byte>> _blocks = [];

    /// <summary>Memory that the medium accepts.</summary>
    public static Memory<byte> Buffer(IBlockDevice medium, long bytes) =>
        medium.Alignment == 1 ? new byte[bytes] : AlignedMemory.Allocate((int)bytes);

    /// <summary>Reads the blocks that a write touches, except those that an earlier write of the flush touched. A block that cannot be read has no old content:
    /// it is left out, and a write to it cannot be undone.</summary>
    public async ValueTask RememberAsync(long offset, long end)
    {
        var limit = Math.Min((end + blockSize - 1) / blockSize * blockSize, medium.Length);
        for (var at = offset / blockSize * blockSize; at < limit;)
        {
            var old = Buffer(medium, limit - at);
            var good = await ReadAsync(at, old).ConfigureAwait(false);
            for (var i = 0; i < good; i += blockSize)
                _blocks.TryAdd(at + i, old.Slice(i, Math.Min(blockSize, old.Length - i)));
            at += good + blockSize;     // past the block that could not be read
        }
    }

    /// <summary>Writes the old content back where the medium has another one, and forgets it.</summary>
    /// <exception cref="BlockDeviceException">The medium failed a write. Nothing is forgotten: the caller may try again.</exception>
    public async ValueTask RestoreAsync()
    {
        foreach (var (at, old) in Runs())
        {
            var now = Buffer(medium, old.Length);
            if (await ReadAsync(at, now).ConfigureAwait(false) < old.Length || !now.Span.SequenceEqual(old.Span))
                await medium.WriteExactlyAsync(at, old).ConfigureAwait(false);
        }
        _blocks.Clear();
    }

    public void Clear() => _blocks.Clear();

    private List<(long At, Memory<byte> Old)> Runs()
    {
        var runs = new List<(long, Memory<byte>)>();
        var blocks = _blocks.ToArray();
        for (int first = 0, next; first < blocks.Length; first = next)
        {
            for (next = first + 1; next < blocks.Length && blocks[next].Key == blocks[next - 1].Key + blockSize; next++)
            {
            }
            var run = Buffer(medium, blocks[first..next].Sum(static block => (long)block.Value.Length));
            for (var i = first; i < next; i++)
                blocks[i].Value.CopyTo(run[((i - first) * blockSize)..]);
            runs.Add((blocks[first].Key, run));
        }
        return runs;
    }

    /// <summary>Reads as much as can be read.</summary>
    /// <returns>Bytes: all, or whole blocks.</returns>
    private async ValueTask<int> ReadAsync(long at, Memory<byte> buffer)
    {
        try
        {
            await medium.ReadExactlyAsync(at, buffer).ConfigureAwait(false);
            return buffer.Length;
        }
        catch (BlockDeviceException failed)
        {
            return (int)(failed.Offset - at) / blockSize * blockSize;
        }
    }
}
