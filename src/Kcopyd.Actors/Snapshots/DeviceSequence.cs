using Kcopyd.Actors.Devices;

namespace Kcopyd.Actors.Snapshots;

/// <summary>I/Os of one device that come one after the other, each only if the one before went well.</summary>
internal sealed class DeviceSequence : IIoOwner
{
    private readonly IoWorkers _workers;
    private readonly List<(DeviceOperation Operation, long Offset, Memory<byte> Memory)> _steps = [];
    private readonly DeviceIo _io = new();
    private Action<IoError> _ended = null!;
    private int _next;

    public DeviceSequence(IoWorkers workers)
    {
        _workers = workers;
        _io.Owner = this;
    }

    public bool IsBusy { get; private set; }

    public DeviceSequence Write(long offset, Memory<byte> memory) => Add(DeviceOperation.Write, offset, memory);

    public DeviceSequence Read(long offset, Memory<byte> memory) => Add(DeviceOperation.Read, offset, memory);

    public DeviceSequence Flush() => Add(DeviceOperation.Flush, 0, default);

    /// <summary>Begins; one sequence at a time.</summary>
    /// <param name="device">The device.</param>
    /// <param name="ended">Is told how it ended, on the origin's actor.</param>
    public void Start(IBlockDevice device, Action<IoError> ended)
    {
        _io.Device = device;
        _ended = ended;
        IsBusy = true;
        _next = 0;
        Next();
    }

    void IIoOwner.Ended(DeviceIo io)
    {
        if (io.Error == IoError.None && _next < _steps.Count)
        {
            Next();
            return;
        }
        IsBusy = false;
        _steps.Clear();
        _ended(io.Error);
    }

    private DeviceSequence Add(DeviceOperation operation, long offset, Memory<byte> memory)
    {
        _steps.Add((operation, offset, memory));
        return this;
    }

    private void Next()
    {
        (_io.Operation, _io.Offset, _io.Memory) = _steps[_next++];
        _io.Length = _io.Memory.Length;
        _workers.Start(_io);
    }
}
