using Akka.Actor;
using Kcopyd.Actors.Devices;
using Kcopyd.Actors.Jobs;
using Kcopyd.Actors.Memory;

namespace Kcopyd.Actors.Workers;

/// <summary>Does one I/O at a time, whole, and those that come after it: a device may block here, and holds up nobody else.</summary>
internal sealed class IoActor : WorkerActor
{
    private const int MostAtOnce = 1 << 30;     // bytes of one call; only what has no memory is longer

    private DeviceIo _first = null!;    // that was told, and is reported
    private DeviceIo _io = null!;       // it, or one that comes after it
    private bool _writesZeroes;
    private MapQuery? _query;

    public static Props Props { get; } = Props.Create(() => new IoActor());

    protected override bool Begin(object message)
    {
        if (message is not DeviceIo io)
        {
            Unhandled(message);
            return false;
        }
        _first = io;
        return Take(io);
    }

    protected override ValueTask<IoResult> Issue(out int bytes)
    {
        var at = _io.Offset + _io.Bytes;
        bytes = (int)Math.Min(_io.Length - _io.Bytes, MostAtOnce);
        switch (_io.Operation)
        {
            case DeviceOperation.Read:
                return _io.Device.ReadAsync(at, _io.Memory.Slice((int)_io.Bytes, bytes));
            case DeviceOperation.Write:
                return _io.Device.WriteAsync(at, _io.Memory.Slice((int)_io.Bytes, bytes));
            case DeviceOperation.Zero or DeviceOperation.Punch when _writesZeroes:
                bytes = Math.Min(bytes, ZeroPages.Memory.Length);
                return _io.Device.WriteAsync(at, ZeroPages.Memory[..bytes]);
            case DeviceOperation.Zero or DeviceOperation.FastZero:
                return _io.Device.WriteZeroesAsync(at, bytes);
            case DeviceOperation.Punch:
                return _io.Device.PunchAsync(at, bytes);
            case DeviceOperation.Discard:
                return _io.Device.DiscardAsync(at, bytes);
            case DeviceOperation.Map:
                bytes = 0;
                return (_query ??= new MapQuery()).Ask(_io.Device, at, _io.Length);
            case DeviceOperation.Grow:
                bytes = 0;
                return ((IGrowingDevice)_io.Device).GrowAsync(_io.Offset);
            default:
                bytes = 0;
                return _io.Device.FlushAsync();
        }
    }

    protected override bool Completed(IoResult result)
    {
        if (_io.Operation == DeviceOperation.Map)
        {
            (_io.Bytes, _io.IsZero, _io.Error) = _query!.Extent;
            return Report();
        }
        _io.Bytes += result.Bytes;
        if (_io.Operation is DeviceOperation.Zero or DeviceOperation.Punch && result.Error == IoError.NotSupported && !_writesZeroes)
            return _writesZeroes = true;
        if (_io.Bytes < _io.Length && result is { IsSuccess: true, Bytes: > 0 })
            return true;
        _io.Error = !result.IsSuccess ? result.Error : _io.Bytes < _io.Length ? IoError.EndOfDevice : IoError.None;
        return _io is { Error: IoError.None, Then: { } then } ? Take(then) : Report();
    }

    protected override void Crashed()
    {
        _io.Error = IoError.WorkerCrashed;
        Report();
    }

    private bool Take(DeviceIo io)
    {
        _io = io;
        (io.Bytes, io.Error) = (0, IoError.None);
        _writesZeroes = io.Operation is DeviceOperation.Zero or DeviceOperation.Punch && (io.Device.Features & DeviceFeatures.WriteZeroes) == 0;
        return true;
    }

    private bool Report()
    {
        var io = _first;
        io.Error = _io.Error;
        _first = _io = null!;
        io.FireToken();
        Client.Tell(io, ActorRefs.NoSender);
        return false;
    }
}
