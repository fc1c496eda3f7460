using Kcopyd.Actors.BlockIo;
using Kcopyd.Actors.Devices;
using Kcopyd.Actors.Nbd.Protocol;

namespace Kcopyd.Actors.Nbd.Server;

/// <content>I/Os end, and requests are answered in the order in which they do.</content>
internal sealed partial class ConnectionActor
{
    private const int MostExtents = 2048;           // of one answer; the client asks again behind them

    private ExportCounts _counts;

    void IIoOwner.Ended(DeviceIo ended)
    {
        var io = (RequestIo)ended;
        var request = io.Request;
        _ios--;
        io.IsInDevice = false;
        if (io.Error != IoError.None && request.Error == NbdError.None)
            request.Error = NbdErrors.ToWire(io.Error);
        if (_isBroken || request.IsAbandoned)
        {
            Drop(io);
            return;
        }
        switch (request.Command)
        {
            case NbdCommand.Read:
                Reply(io);
                return;
            case NbdCommand.BlockStatus:
                if (!Learn(io))
                    StartAgain(io);
                else
                    Reply(io);
                return;
        }
        // The rest has one answer, when all is done, and, if it must be so, on the medium.
        _memory.Return(io.Block);
        io.Block = default;
        if (request.Pieces > 1 || !request.IsBegun)
        {
            request.Pieces--;
            Recycle(io);
            return;
        }
        if (request.Has(CommandFlags.Fua) && request.Error == NbdError.None && !request.IsFlushed && request.Command is NbdCommand.Write or NbdCommand.WriteZeroes or NbdCommand.Trim)
        {
            request.IsFlushed = true;
            (io.Operation, io.Offset, io.Length, io.Memory) = (DeviceOperation.Flush, 0, 0, default);
            StartAgain(io);
            return;
        }
        Reply(io);
    }

    // Nobody waits for it any more.
    private void Drop(RequestIo io)
    {
        var request = io.Request;
        _memory.Return(io.Block);
        Recycle(io);
        if (--request.Pieces == 0 && (request.IsBegun || request.IsAbandoned))
            Recycle(request);
    }

    private void Refuse(ServerRequest request)
    {
        request.Begun = request.Length;
        request.Pieces = 1;
        var io = NewIo(request);
        io.Block = default;
        io.At = 0;
        Reply(io);
    }

    /// <returns>True if enough is known to answer.</returns>
    private static bool Learn(RequestIo io)
    {
        var request = io.Request;
        var extents = request.Extents;
        // A device that cannot tell is data: what is wrong with it is seen by who reads it.
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
        return io.Length == 0 || extents.Count == MostExtents;
    }

    private void Encode(RequestIo io)
    {
        var request = io.Request;
        var isLast = --request.Pieces == 0 && request.IsBegun;
        var isChunk = _negotiated!.IsStructured && (request.Command is NbdCommand.Read or NbdCommand.BlockStatus);
        var block = io.Block;
        var data = request.Command == NbdCommand.Read && request.Error == NbdError.None ? io.Memory : default;
        if (isChunk)
            RequestReplies.Chunk(_output, request, io.At, data.Length, isLast);
        else
            RequestReplies.Simple(_output, request);
        if (isLast)
            Count(request);
        io.Block = default;
        io.Memory = default;
        Recycle(io);
        if (isLast)
            Recycle(request);
        SendData(data, block);
    }

    private void Count(ServerRequest request)
    {
        _counts.Requests++;
        if (request.Error != NbdError.None)
            _counts.Errors++;
        else if (request.Command == NbdCommand.Read)
            _counts.BytesRead += request.Length;
        else if (request.Command is NbdCommand.Write or NbdCommand.WriteZeroes)
            _counts.BytesWritten += request.Length;
    }

    private void Publish()
    {
        if (_counts == default)
            return;
        Export.Count(_counts);
        _counts = default;
    }

    private void Recycle(RequestIo io)
    {
        io.Request = null!;
        _freeIos.Push(io);
    }

    private void Recycle(ServerRequest request)
    {
        _active--;
        _freeRequests.Push(request);
    }
}
