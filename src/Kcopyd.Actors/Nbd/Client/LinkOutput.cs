using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using Kcopyd.Actors.Nbd.Protocol;
using Kcopyd.Actors.Nbd.Transport;

namespace Kcopyd.Actors.Nbd.Client;

/// <summary>What goes out over one connection. A long payload is sent from its caller's memory, in parts. Used by the device's actor only.</summary>
/// <remarks>Invariant: while <see cref="Sending"/> is a request, the stream may read its memory.</remarks>
internal sealed class LinkOutput(PipeWriter output)
{
    private const int LongestCopied = 16 << 10;     // bytes; a longer payload goes to the stream from where it is
    private const int LongestPart = 256 << 10;      // bytes of it that the stream is given at once

    private ConfiguredValueTaskAwaitable<FlushResult>.ConfiguredValueTaskAwaiter _pending;
    private Memory<byte> _unsent;       // of the payload
    private bool _isDirty;              // something is encoded and not flushed

    /// <summary>Called when a write that had to wait is over, on any thread.</summary>
    public Action OnWritten { get; set; } = null!;

    /// <summary>True while a write waits.</summary>
    public bool IsWriting { get; private set; }

    /// <summary>True if a write waited, and is over.</summary>
    public bool IsWritten => IsWriting && _pending.IsCompleted;

    /// <summary>The request whose payload is being sent.</summary>
    public NbdRequest? Sending { get; private set; }

    /// <summary>Parts of payloads that the stream has taken.</summary>
    public int Parts { get; private set; }

    /// <summary>Why nothing can be sent any more; null while it can.</summary>
    public string? Failure { get; private set; }

    /// <summary>Encodes a request; a long payload begins to be sent, and with it all that is encoded.</summary>
    public void Send(NbdRequest request, ulong cookie)
    {
        WriteHeader(request.Command, request.Flags, cookie, request.Offset, request.Length);
        _isDirty = true;
        if (request.Command != NbdCommand.Write)
            return;
        if (request.Memory.Length <= LongestCopied)
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

    /// <summary>A write that had to wait is over.</summary>
    public void Written()
    {
        var pending = _pending;
        (_pending, IsWriting) = (default, false);
        EndWrite(pending);
        SendParts();
    }

    /// <summary>Nothing more is sent.</summary>
    public void Stop(string reason) => Failure ??= reason;

    /// <summary>The request whose payload was being sent, once the stream does not read from its memory any more; null before that, or if there is
    /// none.</summary>
    public NbdRequest? TakeSent()
    {
        if (IsWriting || Sending is null)
            return null;
        var sent = Sending;
        (Sending, _unsent) = (null, default);
        return sent;
    }

    /// <summary>Tells the server that no more comes, if that can be told without waiting.</summary>
    public void SayGoodbye()
    {
        if (IsWriting || Failure is not null)
            return;
        WriteHeader(NbdCommand.Disconnect, CommandFlags.None, 0, 0, 0);
        var sent = output.FlushAsync();
        // A server that is gone needs no goodbye, so how this ends is of no interest; looking at it gives back what it is made of.
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

    // The whole payload, also if the request is answered before all of it is sent: the server reads it.
    private void SendParts()
    {
        while (!_unsent.IsEmpty && Failure is null)
        {
            var part = _unsent[..Math.Min(_unsent.Length, LongestPart)];
            _unsent = _unsent[part.Length..];
            if (!TryWrite(output.WriteAsync(part)))
                return;
        }
    }

    /// <returns>False if it has to wait.</returns>
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
