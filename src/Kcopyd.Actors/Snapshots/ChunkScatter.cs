namespace Kcopyd.Actors.Snapshots;

/// <summary>
/// Presents one store as the destination of a copy of an origin range: each run of chunks is written to its place, and bytes that the store does not need are
/// dropped. One read can thus serve stores that have different chunk sizes and lack different chunks.
/// </summary>
internal sealed class ChunkScatter(IBlockDevice cow, StoreGeometry geometry, IReadOnlyList<PendingRun> runs, long start, long length) : IBlockDevice
{
    public string Name => cow.Name;

    public long Length => length;

    public int LogicalBlockSize => cow.LogicalBlockSize;

    public int Alignment => cow.Alignment;

    public bool IsReadOnly => cow.IsReadOnly;

    public DeviceFeatures Features => DeviceFeatures.None;

    public ValueTask<IoResult> ReadAsync(long offset, Memory<byte> buffer) => new(IoResult.Failure(IoError.NotSupported));

    public async ValueTask<IoResult> WriteAsync(long offset, ReadOnlyMemory<byte> buffer)
    {
        var done = 0;
        while (done < buffer.Length)
        {
            var (at, count) = Place(start + offset + done, buffer.Length - done);
            if (at >= 0)
            {
                var result = await cow.WriteAsync(at, buffer.Slice(done, count)).ConfigureAwait(false);
                if (!result.IsSuccess || result.Bytes == 0)
                    return new IoResult(done + result.Bytes, result.Error);
                count = (int)result.Bytes;
            }
            done += count;
        }
        return IoResult.Success(done);
    }

    public ValueTask<IoResult> FlushAsync() => cow.FlushAsync();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    // Offset in the store of a byte of the origin (-1: not needed), and the number of bytes from there for which this holds. Runs are sorted.
    private (long At, int Count) Place(long origin, int count)
    {
        foreach (var run in runs)
        {
            var (from, to) = (geometry.OffsetOf(run.Old), geometry.OffsetOf(run.Old + run.Count));
            if (origin < from)
                return (-1, (int)Math.Min(count, from - origin));
            if (origin < to)
                return (geometry.OffsetOf(run.New) + origin - from, (int)Math.Min(count, to - origin));
        }
        return (-1, count);
    }
}
