using Kcopyd.Actors.Devices;

namespace Kcopyd.Actors.BlockIo;

/// <summary>I/Os on one device, each started only if the previous one succeeded. The workers treat them as one I/O.</summary>
internal sealed class DeviceSequence(IIoWorkers workers) : IIoOwner
{
    private readonly List<DeviceIo> _steps = [];    // kept for the next sequence
    private Action<IoError> _ended = null!;
    private int _count;

    public bool IsBusy { get; private set; }

    public DeviceSequence Write(long offset, Memory<byte> memory) => Add(DeviceOperation.Write, offset, memory);

    public DeviceSequence Read(long offset, Memory<byte> memory) => Add(DeviceOperation.Read, offset, memory);

    /// <summary>Makes a range of any length read as zeroes.</summary>
    public DeviceSequence Zero(long offset, long length) => Add(DeviceOperation.Zero, offset, default, length);

    public DeviceSequence Grow(long length) => Add(DeviceOperation.Grow, length, default);

    public DeviceSequence Flush() => Add(DeviceOperation.Flush, 0, default);

    /// <summary>Starts the sequence; only one runs at a time.</summary>
    /// <param name="device">The device.</param>
    /// <param name="ended">Receives the result, on the origin's actor.</param>
    public void Start(IBlockDevice device, Action<IoError> ended)
    {
        _ended = ended;
        IsBusy = true;
        for (var i = 0; i < _count; i++)
        {
            _steps[i].Device = device;
            _steps[i].Then = i + 1 < _count ? _steps[i + 1] : null;
        }
        _count = 0;
        workers.Start(_steps[0]);
    }

    /// <summary>Drops the planned I/Os.</summary>
    public void Clear() => _count = 0;

    void IIoOwner.Ended(DeviceIo io)
    {
        IsBusy = false;
        _ended(io.Error);
    }

    private DeviceSequence Add(DeviceOperation operation, long offset, Memory<byte> memory) => Add(operation, offset, memory, memory.Length);

    private DeviceSequence Add(DeviceOperation operation, long offset, Memory<byte> memory, long length)
    {
        if (_count == _steps.Count)
            _steps.Add(new DeviceIo { Owner = this });
        var step = _steps[_count++];
        (step.Operation, step.Offset, step.Memory, step.Length) = (operation, offset, memory, length);
        return this;
    }
}
