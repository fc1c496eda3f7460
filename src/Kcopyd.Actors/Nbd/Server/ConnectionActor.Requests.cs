using System.Buffers;
using System.Buffers.Binary;
using Akka.Event;
using Kcopyd.Actors.Devices;
using Kcopyd.Actors.Nbd.Protocol;

namespace Kcopyd.Actors.Nbd.Server;

/// <content>Requests come in, are held against the export, and become I/Os.</content>
internal sealed partial class ConnectionActor
{
    private readonly Stack<ServerRequest> _freeRequests = new();
    private readonly Stack<RequestIo> _freeIos = new();
    private readonly List<RequestIo> _allIos = [];      // that were ever made
    private long _begun;            // pieces
    private ServerRequest? _current;   // has begun to come in, and has not begun whole
    private int _active;            // requests that are not answered
    private int _ios;               // at the device

    private ExportCore Export => _negotiated!.Export!;

    private void Requests()
    {
        _ahead = 0;
        while (!_isBroken)
        {
            if (_current is { } request)
            {
                if (!GoOn(request))
                    break;
                _current = null;
            }
            else if (_isLeaving || IsTurnOver() || _active >= _context.Settings.MaxRequests || !Fill(NbdNumbers.RequestHeader))
            {
                return;
            }
            else
            {
                TakeHeader();
            }
        }
        if (_current is { } lost && (_isBroken || (_isInputEnded && lost.Unsent > _buffer.Length)))
            Abandon(lost);
    }

    // Its input has ended, and yet there is something to do: its turn was over, or it had as much at work as it may.
    private bool HasRequests => !_isLeaving && _buffer.Length >= NbdNumbers.RequestHeader;

    private void Abandon(ServerRequest request)
    {
        _current = null;
        request.IsAbandoned = true;
        if (_hasBuffer)
            _buffer = _buffer.Slice(_buffer.End);       // its payload, which must not be read as requests
        if (request.Pieces == 0)
            Recycle(request);
    }

    private void TakeHeader()
    {
        Span<byte> header = stackalloc byte[NbdNumbers.RequestHeader];
        _buffer.Slice(0, NbdNumbers.RequestHeader).CopyTo(header);
        if (BinaryPrimitives.ReadUInt32BigEndian(header) != NbdNumbers.RequestMagic)
        {
            Break("what it sends is no request: it has lost its place, or does not speak NBD", LogLevel.WarningLevel);
            return;
        }
        var command = (NbdCommand)BinaryPrimitives.ReadUInt16BigEndian(header[6..]);
        if (command == NbdCommand.Disconnect)
        {
            _isInputEnded = true;
            _buffer = _buffer.Slice(_buffer.End);
            return;
        }
        if (!_freeRequests.TryPop(out var request))
            request = new ServerRequest();
        request.Prepare(BinaryPrimitives.ReadUInt64BigEndian(header[8..]), command, (CommandFlags)BinaryPrimitives.ReadUInt16BigEndian(header[4..]),
            BinaryPrimitives.ReadInt64BigEndian(header[16..]), BinaryPrimitives.ReadUInt32BigEndian(header[24..]));
        _buffer = _buffer.Slice(NbdNumbers.RequestHeader);
        request.Error = RequestCheck.Of(request, Export, _negotiated!);
        request.IsRefused = request.Error != NbdError.None;
        _active++;
        _current = request;
    }

    /// <returns>True if the request has begun whole; otherwise it waits for input or memory.</returns>
    private bool GoOn(ServerRequest request)
    {
        if (request.Command == NbdCommand.Write)
            return request.IsRefused ? ThrowAway(request) : Write(request);
        if (request.IsRefused)
        {
            Refuse(request);
            return true;
        }
        switch (request.Command)
        {
            case NbdCommand.Read or NbdCommand.Cache:
                return Read(request);
            case NbdCommand.Trim:
                Whole(request, DeviceOperation.Discard);
                break;
            case NbdCommand.WriteZeroes:
                Whole(request, request.Has(CommandFlags.FastZero) ? DeviceOperation.FastZero
                    : request.Has(CommandFlags.NoHole) ? DeviceOperation.Zero : DeviceOperation.Punch);
                break;
            case NbdCommand.BlockStatus:
                Whole(request, DeviceOperation.Map);
                break;
            default:
                request.IsFlushed = true;
                Whole(request, DeviceOperation.Flush);
                break;
        }
        return true;
    }

    // Pieces go to the device as they come in: the length that a client says is never memory.
    private bool Write(ServerRequest request)
    {
        while (!request.IsBegun)
        {
            var bytes = (int)Math.Min(request.Length - request.Begun, _context.Settings.PieceSize);
            if (_isBroken || IsTurnOver() || !Fill(bytes) || !_memory.TryRent(bytes, out var block))
                return false;
            _buffer.Slice(0, bytes).CopyTo(block.Memory.Span);
            _buffer = _buffer.Slice(bytes);
            Start(request, DeviceOperation.Write, bytes, block);
        }
        return true;
    }

    private bool ThrowAway(ServerRequest request)
    {
        while (request.Length > 0)
        {
            if (_buffer.IsEmpty && !Fill(1))
                return false;
            var bytes = Math.Min(request.Length, _buffer.Length);
            _buffer = _buffer.Slice(bytes);
            request.Length -= bytes;
        }
        Refuse(request);
        return true;
    }

    private bool Read(ServerRequest request)
    {
        // Without structured replies, and where it must be one chunk, data goes out whole, behind the word that there was no error.
        var most = request.Command == NbdCommand.Cache || (_negotiated!.IsStructured && !request.Has(CommandFlags.DontFragment))
            ? _context.Settings.PieceSize
            : NbdNumbers.LargestPayload;
        while (!request.IsBegun)
        {
            var bytes = (int)Math.Min(request.Length - request.Begun, most);
            if (_isBroken || IsTurnOver() || !_memory.TryRent(bytes, out var block))
                return false;
            Start(request, DeviceOperation.Read, bytes, block);
        }
        return true;
    }

    private void Whole(ServerRequest request, DeviceOperation operation) => Start(request, operation, request.Length, default);

    private void Start(ServerRequest request, DeviceOperation operation, long length, MemoryBlock block)
    {
        var io = NewIo(request);
        io.Number = ++_begun;
        io.Operation = operation;
        io.At = request.Begun;
        io.Offset = request.Offset + request.Begun;
        io.Length = length;
        io.Block = block;
        io.Memory = block.Memory.IsEmpty ? default : block.Memory[..(int)length];
        request.Begun += length;
        request.Pieces++;
        StartAgain(io);
    }

    private void StartAgain(RequestIo io)
    {
        _bytesThisTurn += Math.Max(io.Memory.Length, SmallestCharge);
        var before = _ios++;
        io.IsInDevice = true;
        _workers.Start(io);     // which may end it here and now
        if (_ios > before)
            _ahead++;
    }

    // For people.
    private string Oldest()
    {
        var inDevice = _allIos.Where(static io => io.IsInDevice).ToList();
        var request = inDevice.MinBy(static io => io.Number)!.Request;
        var requests = inDevice.Select(static io => io.Request).Distinct().Count();
        var what = request.Command == NbdCommand.Flush ? "a flush" : $"{request.Command} of {request.Length} bytes at {request.Offset}";
        return requests == 1 ? what : $"{requests} requests, of which the oldest is {what}";
    }

    private RequestIo NewIo(ServerRequest request)
    {
        if (!_freeIos.TryPop(out var io))
        {
            io = new RequestIo { Owner = this, Device = Export.Device };
            _allIos.Add(io);
        }
        io.Request = request;
        io.Error = default;
        return io;
    }
}
