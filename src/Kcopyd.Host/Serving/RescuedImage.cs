using Kcopyd.Actors;
using Kcopyd.Host.Mapfiles;

namespace Kcopyd.Host.Serving;

/// <summary>
/// An image with the map of its rescue: a read of a range that the map does not mark as finished fails with an I/O error, instead of returning the zeroes that
/// the image holds there. A write repairs the range that it covers.
/// </summary>
/// <remarks>
/// Invariant: the map never marks bytes as finished that are not on stable storage. It is saved after a flush of the image, without the ranges that were
/// written after that flush began. All members are thread-safe.
/// </remarks>
internal sealed class RescuedImage(IBlockDevice image, Mapfile map, MapfileStore store) : DeviceLayer(image)
{
    private readonly Lock _lock = new();
    private readonly SemaphoreSlim _saving = new(1);
    private readonly List<MapBlock> _repaired = [];     // since the last flush began
    private readonly List<MapBlock> _flushing = [];     // before that, and not yet in the saved map

    public override ValueTask<IoResult> ReadAsync(long offset, Memory<byte> buffer)
    {
        var readable = Readable(offset, buffer.Length);
        return readable == 0 && buffer.Length > 0 && offset >= 0 && offset < Length
            ? new(IoResult.Failure(IoError.Io))
            : Inner.ReadAsync(offset, buffer[..readable]);
    }

    public override async ValueTask<IoResult> WriteAsync(long offset, ReadOnlyMemory<byte> buffer) =>
        Repaired(offset, await Inner.WriteAsync(offset, buffer).ConfigureAwait(false));

    public override async ValueTask<IoResult> WriteZeroesAsync(long offset, long length) =>
        Repaired(offset, await Inner.WriteZeroesAsync(offset, length).ConfigureAwait(false));

    public override async ValueTask<IoResult> PunchAsync(long offset, long length) =>
        Repaired(offset, await Inner.PunchAsync(offset, length).ConfigureAwait(false));

    /// <summary>Flushes the image, then saves the map.</summary>
    public override async ValueTask<IoResult> FlushAsync()
    {
        await _saving.WaitAsync().ConfigureAwait(false);
        try
        {
            lock (_lock)
            {
                _flushing.AddRange(_repaired);
                _repaired.Clear();
            }
            var result = await Inner.FlushAsync().ConfigureAwait(false);
            if (_flushing.Count == 0 || !result.IsSuccess)
                return result;
            lock (_lock)
                map.MarkAll(_flushing);
            await store.SaveAsync(map, 0, MapStatus.Finished).ConfigureAwait(false);
            lock (_lock)
                _flushing.Clear();
            return result;
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            return IoResult.Failure(IoError.Io);
        }
        finally
        {
            _saving.Release();
        }
    }

    // The number of valid bytes from the offset on; those written since the last flush are valid.
    private int Readable(long offset, int length)
    {
        lock (_lock)
        {
            var at = offset;
            while (at < offset + length && EndOfGood(at) is var end && end > at)
                at = end;
            return (int)Math.Clamp(at - offset, 0, length);
        }
    }

    private long EndOfGood(long at)
    {
        foreach (var block in map.Within(at, long.MaxValue))
        {
            if (block.Status == MapStatus.Finished)
                return block.End;
            break;      // only the first block matters
        }
        return _repaired.Concat(_flushing).FirstOrDefault(range => range.Position <= at && at < range.End) is { Size: > 0 } repaired ? repaired.End : at;
    }

    private IoResult Repaired(long offset, IoResult result)
    {
        if (result.Bytes > 0)
        {
            lock (_lock)
            {
                // Extends the adjacent range, or adds one. A range that is already finished needs no mark.
                if (map.Within(offset, offset + result.Bytes).ToArray() is [{ Status: MapStatus.Finished } whole] && whole.Size == result.Bytes)
                    return result;
                if (_repaired is [.., var last] && last.End == offset)
                    _repaired[^1] = last with { Size = last.Size + result.Bytes };
                else
                    _repaired.Add(new MapBlock(offset, result.Bytes, MapStatus.Finished));
            }
        }
        return result;
    }
}
