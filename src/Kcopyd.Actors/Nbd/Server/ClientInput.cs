using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using Kcopyd.Actors.Nbd.Transport;

namespace Kcopyd.Actors.Nbd.Server;

/// <summary>The input from a client, read only on demand. Used by the connection's actor only.</summary>
/// <remarks><code>
///  Empty ──Fill──▶ Reading ──TakeRead──▶ Holding ──Fill, for more──▶ Reading
/// </code>
/// A read that completes synchronously passes through both transitions in one call.</remarks>
/// <param name="reader">The stream from the client.</param>
/// <param name="fault">Receives the reason if the connection breaks.</param>
/// <param name="onRead">Called, on any thread, when an asynchronous read completes; <see cref="TakeRead"/> must follow.</param>
internal sealed class ClientInput(PipeReader reader, ConnectionFault fault, Action onRead)
{
    private ConfiguredValueTaskAwaitable<ReadResult>.ConfiguredValueTaskAwaiter _reading;
    private ReadOnlySequence<byte> _buffer;     // received and not yet taken; empty while a read is in flight
    private State _state;

    /// <summary>True while a read is in flight.</summary>
    public bool IsReading => _state == State.Reading;

    /// <summary>True if no more input follows: the client sent a disconnect request or closed its side. Bytes may still be <see cref="Available"/>.</summary>
    public bool IsEnded { get; private set; }

    /// <summary>Number of bytes that can be taken.</summary>
    public long Available => _buffer.Length;

    /// <returns>True if that many bytes are available; false if a read for them is in flight or the input has ended.</returns>
    public bool Fill(int bytes)
    {
        while (_buffer.Length < bytes)
        {
            if (_state == State.Reading || IsEnded || fault.IsBroken)
                return false;
            if (_state == State.Holding)
                reader.AdvanceTo(_buffer.Start, _buffer.End);
            (_state, _buffer) = (State.Empty, default);
            try
            {
#pragma warning disable CA2012 // consumed once: here, or on the message that its completion sends
                _reading = reader.ReadAsync().ConfigureAwait(false).GetAwaiter();
#pragma warning restore CA2012
            }
            catch (Exception gone) when (Wire.IsLoss(gone))
            {
                fault.Report(gone);
                return false;
            }
            _state = State.Reading;
            if (!_reading.IsCompleted)
            {
                _reading.UnsafeOnCompleted(onRead);
                return false;
            }
            TakeRead();
        }
        return true;
    }

    /// <summary>Takes the result of a completed read.</summary>
    public void TakeRead()
    {
        _state = State.Empty;
        try
        {
            var read = _reading.GetResult();
            _buffer = read.Buffer;
            _state = State.Holding;
            IsEnded |= read.IsCompleted && !read.IsCanceled;
        }
        catch (Exception gone) when (Wire.IsLoss(gone))
        {
            fault.Report(gone);
        }
        finally
        {
            _reading = default;
        }
    }

    /// <summary>Takes available bytes.</summary>
    public void Take(Span<byte> bytes)
    {
        _buffer.Slice(0, bytes.Length).CopyTo(bytes);
        _buffer = _buffer.Slice(bytes.Length);
    }

    /// <summary>Discards available bytes.</summary>
    public void Skip(long bytes) => _buffer = _buffer.Slice(bytes);

    /// <summary>Ends the input after a disconnect request: anything received after it is discarded.</summary>
    public void End()
    {
        IsEnded = true;
        Skip(Available);
    }

    private enum State
    {
        Empty,
        Reading,
        Holding,
    }
}
