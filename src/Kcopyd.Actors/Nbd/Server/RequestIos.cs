using Kcopyd.Actors.BlockIo;
using Kcopyd.Actors.Devices;
using Kcopyd.Actors.Nbd.Protocol;

namespace Kcopyd.Actors.Nbd.Server;

/// <summary>The I/Os of requests: starts each on the device, and on completion starts the next step or answers the request. Used by the connection's actor
/// only.</summary>
/// <remarks>Invariant: a piece is in the device, among the replies, or released.</remarks>
/// <param name="device">The device of the export.</param>
/// <param name="requests">The outstanding requests.</param>
/// <param name="memory">Takes back the memory of writes.</param>
/// <param name="turn">Charged for each I/O.</param>
/// <param name="replies">Sends the replies.</param>
/// <param name="fault">If it is set, replies are no longer needed.</param>
/// <param name="workers">Executes the I/Os; some complete before <see cref="IIoWorkers.Start"/> returns.</param>
internal sealed class RequestIos(IBlockDevice device, ActiveRequests requests, ConnectionMemory memory, ConnectionTurn turn, ReplyWriter replies,
    ConnectionFault fault, IIoWorkers workers) : IIoOwner
{
    private const int MaxExtents = 2048;            // per reply; the client requests the rest

    /// <summary>Starts the next piece of a request.</summary>
    /// <param name="request">The request.</param>
    /// <param name="operation">The operation of the device.</param>
    /// <param name="length">Bytes.</param>
    /// <param name="block">The memory, if the operation uses any; the piece takes ownership.</param>
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

    /// <summary>Answers a request that failed validation.</summary>
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

    // These commands have one reply, when all pieces are complete and, with FUA, on stable storage.
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

    /// <returns>True if the request can be answered.</returns>
    private static bool AddExtent(RequestIo io)
    {
        var request = io.Request;
        var extents = request.Extents;
        // If the map fails, the range is reported as data: a client that reads it gets the error.
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
