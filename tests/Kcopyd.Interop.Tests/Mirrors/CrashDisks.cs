using Kcopyd.Actors;

namespace Kcopyd.Interop.Tests.Mirrors;

/// <summary>Devices in memory whose contents can be taken at one moment, as a crash of their process leaves them, while some writes do not end.</summary>
internal sealed class CrashDisks
{
    private readonly Lock _lock = new();
    private readonly TaskCompletionSource _held = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<MemoryBlockDevice> _devices = [];
    private IBlockDevice? _holding;

    /// <summary>Completes when a write is held.</summary>
    public Task Held => _held.Task;

    public IBlockDevice Add(string name, byte[] content)
    {
        var device = BlockDevice.Memory(content.Length, name: name);
        content.CopyTo(device.Bytes);
        _devices.Add(device);
        return new Disk(this, device);
    }

    /// <summary>From now on, writes to a device neither end nor change it.</summary>
    public void Hold(IBlockDevice device)
    {
        lock (_lock)
            _holding = device;
    }

    /// <summary>The contents of all devices, in the order in which they were added.</summary>
    public byte[][] Take()
    {
        lock (_lock)
            return [.. _devices.Select(device => device.Bytes.ToArray())];
    }

    /// <summary>Lets the held writes end.</summary>
    public void Release()
    {
        lock (_lock)
            _holding = null;
        _released.TrySetResult();
    }

    private sealed class Disk(CrashDisks disks, MemoryBlockDevice device) : DeviceLayer(device, leaveOpen: true)
    {
        public override ValueTask<IoResult> WriteAsync(long offset, ReadOnlyMemory<byte> buffer) => Change(() => Inner.WriteAsync(offset, buffer));

        public override ValueTask<IoResult> WriteZeroesAsync(long offset, long length) => Change(() => Inner.WriteZeroesAsync(offset, length));

        public override ValueTask<IoResult> DiscardAsync(long offset, long length) => Change(() => Inner.DiscardAsync(offset, length));

        private ValueTask<IoResult> Change(Func<ValueTask<IoResult>> change)
        {
            lock (disks._lock)
            {
                if (disks._holding != this)
                    return change();
            }
            disks._held.TrySetResult();
            return new(LaterAsync(change));
        }

        private async Task<IoResult> LaterAsync(Func<ValueTask<IoResult>> change)
        {
            await disks._released.Task;
            return await change();
        }
    }
}
