using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using Kcopyd.Actors.Nbd.Protocol;
using Kcopyd.Actors.Nbd.Transport;

namespace Kcopyd.Actors.Nbd.Client;

/// <summary>The output of one connection. A long payload is sent from the caller's memory, in parts. Used by the device's actor only.</summary>
/// <remarks>Invariant: while <see cref="Sending"/> is set, the stream may read that request's memory.</remarks>
internal sealed class LinkOutput(PipeWriter output)
{
    private const int MaxCopied = 16 << 10;         // bytes; a longer payload is written from the caller's memory
    private const int MaxPart = 256 << 10;          // bytes of such a payload that the stream receives at once

    private ConfiguredValueTaskAwaitable<FlushResult>.ConfiguredValueTaskAwaiter _pending;
    private Memory<byte> _unsent;       // of the payload
    private bool _isDirty;              // encoded data is not yet flushed

    /// <summary>Called on any thread when a pending write has completed.</summary>
    public Action OnWritten { get; set; } = null!;

    /// <summary>True while a write is pending.</summary>
    public bool IsWriting { get; private set; }

    /// <summary>True if a pending write has completed.</summary>
    public bool IsWritten => IsWriting && _pending.IsCompleted;

    /// <summary>The request whose payload is being sent.</summary>
    public NbdRequest? Sending { get; private set; }

    /// <summary>Number of payload parts that the stream has accepted.</summary>
    public int Parts { get; private set; }

    /// <summary>Why nothing more can be sent; null while sending is possible.</summary>
    public string? Failure { get; private set; }

    /// <summary>Encodes a request. A long payload begins to be sent, together with everything that is encoded.</summary>
    public void Send(NbdRequest request, ulong cookie)
    {
        WriteHeader(request.Command, request.Flags, cookie, request.Offset, request.Length);
        _isDirty = true;
        if (request.Command != NbdCommand.Write)
            return;
        if (request.Memory.Length <= MaxCopied)
        {
            output.Write(request.Memory.Span);
            return;
        }
        (Sending, _unsent) = (request, request.Memory);
        SendParts();
    }

    /// <summary>Sends what is encoded.</summary>
    public void Flush()
    {
        if (_isDirty && !IsWriting)
            TryWrite(output.FlushAsync());
    }

    /// <summary>Completes a pending write and sends the next parts of the payload.</summary>
    public void Written()
    {
        var pending = _pending;
        (_pending, IsWriting) = (default, false);
        EndWrite(pending);
        SendParts();
    }

    /// <summary>Stops sending.</summary>
    public void Stop(string reason) => Failure ??= reason;

    /// <summary>Returns the request whose payload was being sent once the stream no longer reads its memory; null before that, or if there is none.</summary>
    public NbdRequest? TakeSent()
    {
        if (IsWriting || Sending is null)
            return null;
        var sent = Sending;
        (Sending, _unsent) = (null, default);
        return sent;
    }

    /// <summary>Sends a disconnect request to the server if that is possible without waiting.</summary>
    public void SendDisconnect()
    {
        if (IsWriting || Failure is not null)
            return;
        WriteHeader(NbdCommand.Disconnect, CommandFlags.None, 0, 0, 0);
        var sent = output.FlushAsync();
        // A server that is gone needs no disconnect request, so the outcome does not matter; observing it releases its resources.
        _ = sent.IsCompleted ? Task.CompletedTask : sent.AsTask().ContinueWith(static ended => _ = ended.Exception, TaskScheduler.Default);
    }

    private void WriteHeader(NbdCommand command, CommandFlags flags, ulong cookie, long offset, long length)
    {
        var header = output.GetSpan(NbdNumbers.RequestHeader);
        BinaryPrimitives.WriteUInt32BigEndian(header, NbdNumbers.RequestMagic);
        BinaryPrimitives.WriteUInt16BigEndian(header[4..], (ushort)flags);
        BinaryPrimitives.WriteUInt16BigEndian(header[6..], (ushort)command);
        BinaryPrimitives.WriteUInt64BigEndian(header[8..], cookie);
        BinaryPrimitives.WriteUInt64BigEndian(header[16..], (ulong)offset);
        BinaryPrimitives.WriteUInt32BigEndian(header[24..], (uint)length);
        output.Advance(NbdNumbers.RequestHeader);
    }

    // Sends the whole payload, even if the request is answered before all of it is sent: the server reads it.
    private void SendParts()
    {
        while (!_unsent.IsEmpty && Failure is null)
        {
            var part = _unsent[..Math.Min(_unsent.Length, MaxPart)];
            _unsent = _unsent[part.Length..];
            if (!TryWrite(output.WriteAsync(part)))
                return;
        }
    }

    /// <returns>False if the write is pending.</returns>
    private bool TryWrite(ValueTask<FlushResult> writing)
    {
        _isDirty = false;
#pragma warning disable CA2012 // consumed once: here, or by the message that its completion sends
        var awaiter = writing.ConfigureAwait(false).GetAwaiter();
#pragma warning restore CA2012
        if (awaiter.IsCompleted)
        {
            EndWrite(awaiter);
            return true;
        }
        (_pending, IsWriting) = (awaiter, true);
        awaiter.UnsafeOnCompleted(OnWritten);
        return false;
    }

    private void EndWrite(ConfiguredValueTaskAwaitable<FlushResult>.ConfiguredValueTaskAwaiter written)
    {
        try
        {
            written.GetResult();
            Parts++;
        }
        catch (Exception lost) when (Wire.IsLoss(lost))
        {
            Stop(lost.Message);
        }
    }
}
