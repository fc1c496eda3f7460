using Kcopyd.Actors.Faults;

namespace Kcopyd.Actors.Tests;

/// <summary>Records the operations that it receives, in order.</summary>
internal sealed class CountingDevice(IBlockDevice inner) : DeviceLayer(inner)
{
    private readonly Lock _lock = new();
    private readonly List<(IoOperations Operation, long Offset, int Length)> _log = [];

    public (IoOperations Operation, long Offset, int Length)[] Log
    {
        get
        {
            lock (_lock)
                return [.. _log];
        }
    }

    public int Operations => Log.Length;

    public int Reads => Log.Count(entry => entry.Operation == IoOperations.Read);

    public int Writes => Log.Count(entry => entry.Operation == IoOperations.Write);

    public int Flushes => Log.Count(entry => entry.Operation == IoOperations.Flush);

    public override ValueTask<IoResult> ReadAsync(long offset, Memory<byte> buffer)
    {
        Add(IoOperations.Read, offset, buffer.Length);
        return base.ReadAsync(offset, buffer);
    }

    public override ValueTask<IoResult> WriteAsync(long offset, ReadOnlyMemory<byte> buffer)
    {
        Add(IoOperations.Write, offset, buffer.Length);
        return base.WriteAsync(offset, buffer);
    }

    public override ValueTask<IoResult> WriteZeroesAsync(long offset, long length)
    {
        Add(IoOperations.WriteZeroes, offset, (int)length);
        return base.WriteZeroesAsync(offset, length);
    }

    public override ValueTask<IoResult> FlushAsync()
    {
        Add(IoOperations.Flush, 0, 0);
        return base.FlushAsync();
    }

    private void Add(IoOperations operation, long offset, int length)
    {
        lock (_lock)
            _log.Add((operation, offset, length));
    }
}
