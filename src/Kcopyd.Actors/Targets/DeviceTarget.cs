using Akka.Actor;
using Kcopyd.Actors.BlockIo;
using Kcopyd.Actors.Devices;
using Kcopyd.Actors.Messaging;

namespace Kcopyd.Actors.Targets;

/// <summary>A <see cref="Target{TRequest}"/> that takes the calls of <see cref="IBlockDevice"/>.</summary>
internal abstract class DeviceTarget<TRequest>(Elsewhere elsewhere) : Target<TRequest>(elsewhere)
    where TRequest : DeviceRequest<TRequest>
{
    /// <summary>In bytes. A longer request completes short, as any transfer may.</summary>
    public const int MaxRequestSize = 4 << 20;

    public ValueTask<IoResult> Submit(TRequest request, DeviceOperation operation, long offset, long length, Memory<byte> memory)
    {
        request.Prepare(operation, offset, Limit(operation, offset, length), memory);
        var answered = request.Answered;
        Tell(request);
        return answered;
    }

    public void Submit(TRequest request, DeviceIo io, IActorRef owner)
    {
        var memory = io.Operation == DeviceOperation.Flush ? default : io.Memory[(int)io.Bytes..];
        request.Prepare(io, owner, io.Offset + io.Bytes, Math.Min(io.Length - io.Bytes, MaxRequestSize), memory);
        Tell(request);
    }

    /// <summary>The bytes of a call that one request takes, at least one of them. The rest is left to the caller.</summary>
    protected virtual long Limit(DeviceOperation operation, long offset, long length) => Math.Min(length, MaxRequestSize);
}
