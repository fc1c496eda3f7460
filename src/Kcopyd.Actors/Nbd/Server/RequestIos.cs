using Kcopyd.Actors.BlockIo;
using Kcopyd.Actors.Devices;
using Kcopyd.Actors.Nbd.Protocol;

namespace Kcopyd.Actors.Nbd.Server;

/// <summary>The I/Os of requests: how each begins on the device, what follows when it ends, and when that is an answer.
/// Used by the connection's actor only.</summary>
/// <remarks>Invariant: a piece is in the device, or among the replies, or given back.</remarks>
/// <param name="device">The export's.</param>
/// <param name="requests">Those that are not answered.</param>
/// <param name="memory">Where memory of writes is returned.</param>
/// <param name="turn">Is charged.</param>
/// <param name="replies">Where answers go.</param>
/// <param name="fault">If the connection is broken, nobody waits for answers.</param>
/// <param name="workers">Do the I/Os, some of them before <see cref="IIoWorkers.Start"/> returns.</param>
internal sealed class RequestIos(IBlockDevice device, ActiveRequests requests, ConnectionMemory memory, ConnectionTurn turn, ReplyWriter replies,
    ConnectionFault fault, IIoWorkers workers) : IIoOwner
{
    private const int MaxExtents = 2048;            // of one answer; the client asks again behind them

    /// <summary>The next piece of a request begins.</summary>
    /// <param name="request">The request.</param>
    /// <param name="operation">What the device does.</param>
    /// <param name="length">Bytes.</param>
    /// <param name="block">Memory, where the operation has some: its own from now on.</param>
    public void Begin(ServerRequest request, DeviceOperation operation, long length, MemoryBlock block)
    {
        var io = requests.AddPiece(request);
        (io.Owner, io.Device, io.Operation) = (this, device, operation);
        (io.At, io.Offset, io.Length) = (request.Begun, request.Offset + request.Begun, length);
        io.Block = block;
        io.Memory = block.Memory.IsEmpty ? default : block.Memory[..(int)length];
        request.Begun += length;
        Start(io);
    }

    /// <summary>Answers a request that was wrong from the start.</summary>
    public void Refuse(ServerRequest request)
    {
        request.Begun = request.Length;
        var io = requests.AddPiece(request);
        io.At = 0;
        replies.Reply(io);
    }

    public void Ended(DeviceIo ended)
    {
        var io = (RequestIo)ended;
        var request = io.Request;
        requests.Leave(io);
        if (io.Error != IoError.None && request.Error == NbdError.None)
            request.Error = NbdErrors.ToWire(io.Error);
        if (fault.IsBroken || request.IsAbandoned)
            requests.Drop(io);
        else if (request.Command == NbdCommand.Read || (request.Command == NbdCommand.BlockStatus && AddExtent(io)))
            replies.Reply(io);
        else if (request.Command == NbdCommand.BlockStatus)
            Start(io);
        else
            EndPiece(io);
    }

    // These have one answer, when all is done, and, if it must be so, on the medium.
    private void EndPiece(RequestIo io)
    {
        var request = io.Request;
        memory.Return(io.Block);
        io.Block = default;
        if (request.Pieces > 1 || !request.IsBegun)
        {
            requests.Release(io);
        }
        else if (request.Has(CommandFlags.Fua) && request.Error == NbdError.None && !request.IsFlushed
            && request.Command is NbdCommand.Write or NbdCommand.WriteZeroes or NbdCommand.Trim)
        {
            request.IsFlushed = true;
            (io.Operation, io.Offset, io.Length, io.Memory) = (DeviceOperation.Flush, 0, 0, default);
            Start(io);
        }
        else
        {
            replies.Reply(io);
        }
    }

    private void Start(RequestIo io)
    {
        turn.Charge(io.Memory.Length);
        var before = requests.InDevice;
        requests.Enter(io);
        workers.Start(io);
        if (requests.InDevice > before)
            turn.CountAhead();
    }

    /// <returns>True if enough is known to answer.</returns>
    private static bool AddExtent(RequestIo io)
    {
        var request = io.Request;
        var extents = request.Extents;
        // A device that cannot tell is data: what is wrong with it is seen by the client that reads it.
        var left = request.Offset + request.Length - io.Offset;
        var length = io.Error != IoError.None || io.Bytes <= 0 ? left : Math.Min(io.Bytes, left);
        var flags = io.Error == IoError.None && io.Bytes > 0 && io.IsZero ? ExtentFlags.Hole | ExtentFlags.Zero : ExtentFlags.None;
        (request.Error, io.Error) = (NbdError.None, IoError.None);
        if (extents.Count > 0 && extents[^1].Flags == flags)
            extents[^1] = ((uint)(extents[^1].Length + length), flags);
        else if (extents.Count > 0 && request.Has(CommandFlags.OneExtent))
            return true;
        else
            extents.Add(((uint)length, flags));
        io.Offset += length;
        io.Length = left - length;
        return io.Length == 0 || extents.Count == MaxExtents;
    }
}
