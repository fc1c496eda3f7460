namespace Kcopyd.Actors.Tests.Simulation;

/// <summary>Hangs until told to go; what waits goes on inline, on the thread that says so.</summary>
internal sealed class HangingDevice(int length) : DeviceLayer(BlockDevice.Memory(length), leaveOpen: false)
{
    private readonly TaskCompletionSource _go = new();

    public override DeviceFeatures Features => DeviceFeatures.None;

    public void Go()
    {
        var context = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(null);     // under the test's own, a task ends its awaiters on another thread
        _go.SetResult();
        SynchronizationContext.SetSynchronizationContext(context);
    }

    public override async ValueTask<IoResult> ReadAsync(long offset, Memory<byte> buffer)
    {
        await _go.Task.ConfigureAwait(false);
        return await Inner.ReadAsync(offset, buffer).ConfigureAwait(false);
    }

    public override async ValueTask<IoResult> WriteAsync(long offset, ReadOnlyMemory<byte> buffer)
    {
        await _go.Task.ConfigureAwait(false);
        return await Inner.WriteAsync(offset, buffer).ConfigureAwait(false);
    }
}

/// <summary>The first write fails, and every later one throws.</summary>
internal sealed class FailThenThrowDevice(int length) : DeviceLayer(BlockDevice.Memory(length), leaveOpen: false)
{
    private int _writes;

    public override ValueTask<IoResult> WriteAsync(long offset, ReadOnlyMemory<byte> buffer) =>
        ++_writes == 1 ? new(IoResult.Failure(IoError.Io)) : throw new IOException("The device has vanished.");
}

/// <summary>Breaks who asks its name to say that its writes fail.</summary>
internal sealed class NamelessDevice(int length) : DeviceLayer(BlockDevice.Memory(length), leaveOpen: false)
{
    private bool _hasFailed;

    public override string Name => _hasFailed ? throw new InvalidOperationException("Who asks?") : Inner.Name;

    public override ValueTask<IoResult> WriteAsync(long offset, ReadOnlyMemory<byte> buffer)
    {
        _hasFailed = true;
        return new(IoResult.Failure(IoError.Io));
    }
}
