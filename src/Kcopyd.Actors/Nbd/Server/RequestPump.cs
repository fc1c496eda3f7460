using System.Buffers.Binary;
using Akka.Event;
using Kcopyd.Actors.Devices;
using Kcopyd.Actors.Nbd.Protocol;

namespace Kcopyd.Actors.Nbd.Server;

/// <summary>Makes I/Os of what the client sends: one request after the other is read, compared with the export, and begun.
/// Used by the connection's actor only.</summary>
/// <remarks>Invariant: no request is begun before all of the one before it is; what waits, for input, memory or the next turn, waits here.</remarks>
internal sealed class RequestPump(ClientInput input, ConnectionTurn turn, ConnectionMemory memory, ActiveRequests requests, RequestIos ios,
    Negotiated negotiated, NbdServerSettings settings, ConnectionFault fault)
{
    private ServerRequest? _current;    // has begun to come in, and has not begun whole

    /// <summary>True if a request has begun to come in and has not begun whole.</summary>
    public bool IsInRequest => _current is not null;

    /// <summary>True if a request has come and not begun: the turn was over, or as much was at work as may be.</summary>
    public bool HasRequest => input.Available >= NbdNumbers.RequestHeader;

    /// <summary>Begins whatever can begin.</summary>
    /// <param name="takesNew">False if no more requests are taken: the one that has begun to come in is the last.</param>
    public void Run(bool takesNew)
    {
        turn.BeginMessage();
        while (!fault.IsBroken)
        {
            if (_current is { } request)
            {
                if (!Begin(request))
                    break;
                _current = null;
            }
            else if (!takesNew || turn.IsOver() || requests.Count >= settings.MaxRequests || !input.Fill(NbdNumbers.RequestHeader))
            {
                return;
            }
            else
            {
                TakeHeader();
            }
        }
        if (_current is { } lost && (fault.IsBroken || (input.IsEnded && lost.Unsent > input.Available)))
            Abandon(lost);
    }

    private void Abandon(ServerRequest request)
    {
        _current = null;
        request.IsAbandoned = true;
        input.Skip(input.Available);        // its payload, which must not be read as requests
        if (request.Pieces == 0)
            requests.Release(request);
    }

    private void TakeHeader()
    {
        Span<byte> header = stackalloc byte[NbdNumbers.RequestHeader];
        input.Take(header);
        if (BinaryPrimitives.ReadUInt32BigEndian(header) != NbdNumbers.RequestMagic)
        {
            fault.Report("what it sends is no request: it has lost its place, or does not speak NBD", LogLevel.WarningLevel);
            return;
        }
        var command = (NbdCommand)BinaryPrimitives.ReadUInt16BigEndian(header[6..]);
        if (command == NbdCommand.Disconnect)
        {
            input.End();
            return;
        }
        var request = requests.Add();
        request.Prepare(BinaryPrimitives.ReadUInt64BigEndian(header[8..]), command, (CommandFlags)BinaryPrimitives.ReadUInt16BigEndian(header[4..]),
            BinaryPrimitives.ReadInt64BigEndian(header[16..]), BinaryPrimitives.ReadUInt32BigEndian(header[24..]));
        request.Error = RequestCheck.Of(request, negotiated.Export!, negotiated);
        request.IsRefused = request.Error != NbdError.None;
        _current = request;
    }

    /// <returns>True if the request has begun whole; otherwise it waits for input, memory or the next turn.</returns>
    private bool Begin(ServerRequest request)
    {
        if (request.Command == NbdCommand.Write)
            return request.IsRefused ? SkipPayload(request) : BeginWrite(request);
        if (request.IsRefused)
        {
            ios.Refuse(request);
            return true;
        }
        switch (request.Command)
        {
            case NbdCommand.Read or NbdCommand.Cache:
                return BeginRead(request);
            case NbdCommand.Trim:
                BeginWhole(request, DeviceOperation.Discard);
                break;
            case NbdCommand.WriteZeroes:
                BeginWhole(request, request.Has(CommandFlags.FastZero) ? DeviceOperation.FastZero
                    : request.Has(CommandFlags.NoHole) ? DeviceOperation.Zero : DeviceOperation.Punch);
                break;
            case NbdCommand.BlockStatus:
                BeginWhole(request, DeviceOperation.Map);
                break;
            default:
                request.IsFlushed = true;
                BeginWhole(request, DeviceOperation.Flush);
                break;
        }
        return true;
    }

    // Pieces go to the device as they come in: the length that a client says is never memory.
    private bool BeginWrite(ServerRequest request)
    {
        while (!request.IsBegun)
        {
            var bytes = (int)Math.Min(request.Length - request.Begun, settings.PieceSize);
            if (fault.IsBroken || turn.IsOver() || !input.Fill(bytes) || !memory.TryRent(bytes, out var block))
                return false;
            input.Take(block.Memory.Span[..bytes]);
            ios.Begin(request, DeviceOperation.Write, bytes, block);
        }
        return true;
    }

    private bool SkipPayload(ServerRequest request)
    {
        while (request.Length > 0)
        {
            if (input.Available == 0 && !input.Fill(1))
                return false;
            var bytes = Math.Min(request.Length, input.Available);
            input.Skip(bytes);
            request.Length -= bytes;
        }
        ios.Refuse(request);
        return true;
    }

    private bool BeginRead(ServerRequest request)
    {
        // Without structured replies, and where it must be one chunk, data goes out whole, behind the word that there was no error.
        var most = request.Command == NbdCommand.Cache || (negotiated.IsStructured && !request.Has(CommandFlags.DontFragment))
            ? settings.PieceSize
            : NbdNumbers.LargestPayload;
        while (!request.IsBegun)
        {
            var bytes = (int)Math.Min(request.Length - request.Begun, most);
            if (fault.IsBroken || turn.IsOver() || !memory.TryRent(bytes, out var block))
                return false;
            ios.Begin(request, DeviceOperation.Read, bytes, block);
        }
        return true;
    }

    private void BeginWhole(ServerRequest request, DeviceOperation operation) => ios.Begin(request, operation, request.Length, default);
}
