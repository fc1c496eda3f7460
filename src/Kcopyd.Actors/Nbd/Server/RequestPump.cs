using System.Buffers.Binary;
using Akka.Event;
using Kcopyd.Actors.Devices;
using Kcopyd.Actors.Nbd.Protocol;

namespace Kcopyd.Actors.Nbd.Server;

/// <summary>Turns the input from the client into I/Os: reads one request after another, validates it against the export, and starts it. Used by the
/// connection's actor only.</summary>
/// <remarks>Invariant: a request starts only after the previous one has started completely; requests that wait for input, memory or the next turn wait
/// here.</remarks>
internal sealed class RequestPump(ClientInput input, ConnectionTurn turn, ConnectionMemory memory, ActiveRequests requests, RequestIos ios,
    Negotiated negotiated, NbdServerSettings settings, ConnectionFault fault)
{
    private ServerRequest? _current;    // partly received or partly started

    /// <summary>True if a request is partly received or partly started.</summary>
    public bool IsInRequest => _current is not null;

    /// <summary>True if a request is received but not started, because the turn is over or the limit of outstanding requests is reached.</summary>
    public bool HasRequest => input.Available >= NbdNumbers.RequestHeader;

    /// <summary>Starts everything that can start.</summary>
    /// <param name="takesNew">False to take no more requests: the one that is partly received is the last.</param>
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
        input.Skip(input.Available);        // the payload, which must not be parsed as requests
        if (request.Pieces == 0)
            requests.Release(request);
    }

    private void TakeHeader()
    {
        Span<byte> header = stackalloc byte[NbdNumbers.RequestHeader];
        input.Take(header);
        if (BinaryPrimitives.ReadUInt32BigEndian(header) != NbdNumbers.RequestMagic)
        {
            fault.Report("it sent invalid data instead of a request: it is out of sync, or does not speak NBD", LogLevel.WarningLevel);
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

    /// <returns>True if the request has started completely; otherwise it waits for input, memory or the next turn.</returns>
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

    // Pieces are written as they arrive: the length that a client sends never determines an allocation.
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
        // Without structured replies, and with DF, all data is sent at once, after the header that reports success.
        var max = request.Command == NbdCommand.Cache || (negotiated.IsStructured && !request.Has(CommandFlags.DontFragment))
            ? settings.PieceSize
            : NbdNumbers.MaxPayload;
        while (!request.IsBegun)
        {
            var bytes = (int)Math.Min(request.Length - request.Begun, max);
            if (fault.IsBroken || turn.IsOver() || !memory.TryRent(bytes, out var block))
                return false;
            ios.Begin(request, DeviceOperation.Read, bytes, block);
        }
        return true;
    }

    private void BeginWhole(ServerRequest request, DeviceOperation operation) => ios.Begin(request, operation, request.Length, default);
}
