using System.Runtime.InteropServices;
using Akka.Actor;
using Kcopyd.Actors.BlockIo;
using Kcopyd.Actors.Devices;

namespace Kcopyd.Actors.Targets;

/// <summary>Checks the calls to a device, and makes them requests to the actor that serves it. Any thread.</summary>
/// <param name="device">The device.</param>
/// <param name="target">Its actor.</param>
/// <param name="mark">Adds to each request what only this device knows; null if nothing.</param>
internal sealed class TargetCalls<TRequest>(IBlockDevice device, DeviceTarget<TRequest> target, Action<TRequest>? mark = null)
    where TRequest : DeviceRequest<TRequest>
{
    public ValueTask<IoResult> Read(long offset, Memory<byte> buffer)
    {
        if (offset < 0)
            return new(IoResult.Failure(IoError.Invalid));
        var count = Bounds.Clamp(device.Length, offset, buffer.Length);
        return count == 0 ? new(IoResult.Success(0)) : Submit(DeviceOperation.Read, offset, count, buffer[..count]);
    }

    public ValueTask<IoResult> Write(long offset, ReadOnlyMemory<byte> buffer)
    {
        if (Bounds.RefuseWrite(device, offset, buffer.Length) is var refusal and not IoError.None)
            return new(IoResult.Failure(refusal));
        var count = Bounds.Clamp(device.Length, offset, buffer.Length);
        return count == 0 ? new(IoResult.Success(0)) : Submit(DeviceOperation.Write, offset, count, MemoryMarshal.AsMemory(buffer[..count]));
    }

    /// <summary>A zero, punch or discard, which has no memory.</summary>
    public ValueTask<IoResult> Change(DeviceOperation operation, long offset, long length)
    {
        if (Bounds.RefuseWrite(device, offset, length) is var refusal and not IoError.None)
            return new(IoResult.Failure(refusal));
        var count = Bounds.Clamp(device.Length, offset, length);
        return count == 0 ? new(IoResult.Success(0)) : Submit(operation, offset, count, default);
    }

    public ValueTask<IoResult> Flush() => Submit(DeviceOperation.Flush, 0, 0, default);

    /// <summary>Accepts another actor's read, write or flush if it, or the rest of it, is valid.</summary>
    public bool TryTake(DeviceIo io, IActorRef owner)
    {
        if (!Accepts(io))
            return false;
        target.Submit(Take(), io, owner);
        return true;
    }

    private bool Accepts(DeviceIo io)
    {
        var (offset, length) = (io.Offset + io.Bytes, io.Length - io.Bytes);
        return io.Operation switch
        {
            DeviceOperation.Flush => true,
            DeviceOperation.Read => offset >= 0 && length > 0 && offset <= device.Length - length,
            DeviceOperation.Write => offset >= 0 && length > 0 && offset <= device.Length - length && !device.IsReadOnly,
            _ => false,
        };
    }

    private ValueTask<IoResult> Submit(DeviceOperation operation, long offset, long length, Memory<byte> memory) =>
        target.Submit(Take(), operation, offset, length, memory);

    private TRequest Take()
    {
        var request = target.Take();
        mark?.Invoke(request);
        return request;
    }
}
