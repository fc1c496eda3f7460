using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using Kcopyd.Actors.Nbd.Transport;

namespace Kcopyd.Actors.Nbd.Server;

/// <summary>What a client sends: no more of it is read than is asked for. Used by the connection's actor only.</summary>
/// <remarks><code>
///  Empty ──Fill──▶ Reading ──TakeRead──▶ Holding ──Fill, for more──▶ Reading
/// </code>
/// A read that completes at once leads through both in one call.</remarks>
/// <param name="reader">Where it comes from.</param>
/// <param name="fault">Learns of the connection's end.</param>
/// <param name="onRead">Called, on any thread, when a read that had to wait is complete: <see cref="TakeRead"/> comes next.</param>
internal sealed class ClientInput(PipeReader reader, ConnectionFault fault, Action onRead)
{
    private ConfiguredValueTaskAwaitable<ReadResult>.ConfiguredValueTaskAwaiter _reading;
    private ReadOnlySequence<byte> _buffer;     // what came and was not taken; empty while a read is under way
    private State _state;

    /// <summary>True while a read is under way.</summary>
    public bool IsReading => _state == State.Reading;

    /// <summary>True if no more comes: the client said goodbye, or closed its side. Some may still be <see cref="Available"/>.</summary>
    public bool IsEnded { get; private set; }

    /// <summary>Bytes that can be taken.</summary>
    public long Available => _buffer.Length;

    /// <returns>True if so many bytes can be taken; otherwise they are on their way, or there is no more.</returns>
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
#pragma warning disable CA2012 // consumed once: here, or by the message that its completion sends
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

    /// <summary>A read is complete.</summary>
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

    /// <summary>Takes bytes that are available.</summary>
    public void Take(Span<byte> bytes)
    {
        _buffer.Slice(0, bytes.Length).CopyTo(bytes);
        _buffer = _buffer.Slice(bytes.Length);
    }

    /// <summary>Throws away bytes that are available.</summary>
    public void Skip(long bytes) => _buffer = _buffer.Slice(bytes);

    /// <summary>The client has said that no more comes: what did come behind that is nothing.</summary>
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
