using Kcopyd.Actors.Faults;

namespace Kcopyd.Actors.Tests.Devices;

/// <summary>A device whose calls block the calling thread until they are released: a hung fsync, or a user's device that is not asynchronous.</summary>
internal sealed class BlockingDevice(IBlockDevice inner, IoOperations operations) : DeviceLayer(inner, leaveOpen: false)
{
    private readonly ManualResetEventSlim _go = new();
    private int _blocked;
    private int _calls;

    /// <summary>The number of calls that are blocked now.</summary>
    public int Blocked => Volatile.Read(ref _blocked);

    /// <summary>The number of calls of the blocking operations so far.</summary>
    public int Calls => Volatile.Read(ref _calls);

    public override ValueTask<IoResult> ReadAsync(long offset, Memory<byte> buffer)
    {
        Block(IoOperations.Read);
        return Inner.ReadAsync(offset, buffer);
    }

    public override ValueTask<IoResult> WriteAsync(long offset, ReadOnlyMemory<byte> buffer)
    {
        Block(IoOperations.Write);
        return Inner.WriteAsync(offset, buffer);
    }

    public override ValueTask<IoResult> WriteZeroesAsync(long offset, long length)
    {
        Block(IoOperations.WriteZeroes);
        return Inner.WriteZeroesAsync(offset, length);
    }

    public override ValueTask<IoResult> FlushAsync()
    {
        Block(IoOperations.Flush);
        return Inner.FlushAsync();
    }

    public void Go() => _go.Set();

    /// <summary>True while calls pass without blocking.</summary>
    public bool IsOpen
    {
        get => _go.IsSet;
        set
        {
            if (value)
                _go.Set();
            else
                _go.Reset();
        }
    }

    public override ValueTask DisposeAsync()
    {
        Go();
        return base.DisposeAsync();
    }

    private void Block(IoOperations operation)
    {
        if ((operations & operation) == 0)
            return;
        Interlocked.Increment(ref _calls);
        if (_go.IsSet)
            return;
        Interlocked.Increment(ref _blocked);
        _go.Wait();
        Interlocked.Decrement(ref _blocked);
    }
}
