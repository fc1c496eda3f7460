using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using Akka.Actor;
using Akka.Event;

namespace Kcopyd.Actors.Nbd.Server;

/// <content>What the client sends comes in, no more of it than is asked for.</content>
internal sealed partial class ConnectionActor
{
    private readonly InputReady _inputReady;
    private readonly Action _onInput;
    private PipeReader _input = null!;
    private ConfiguredValueTaskAwaitable<ReadResult>.ConfiguredValueTaskAwaiter _reading;
    private ReadOnlySequence<byte> _buffer;     // what came and was not taken; none while a read is under way
    private bool _isReading;
    private bool _hasBuffer;
    private bool _isInputEnded;     // it said goodbye, or closed its side

    /// <returns>True if so many bytes are there; otherwise they are on their way, or there is no more.</returns>
    private bool Fill(int bytes)
    {
        while (_buffer.Length < bytes)
        {
            if (_isReading || _isInputEnded || _isBroken)
                return false;
            if (_hasBuffer)
                _input.AdvanceTo(_buffer.Start, _buffer.End);
            (_hasBuffer, _buffer) = (false, default);
            try
            {
#pragma warning disable CA2012 // consumed once: here, or by the message that its completion sends
                _reading = _input.ReadAsync().ConfigureAwait(false).GetAwaiter();
#pragma warning restore CA2012
            }
            catch (Exception gone) when (IsGone(gone))
            {
                Break(Why(gone), LogLevel.DebugLevel);
                return false;
            }
            _isReading = true;
            if (!_reading.IsCompleted)
            {
                _reading.UnsafeOnCompleted(_onInput);
                return false;
            }
            TakeRead();
        }
        return true;
    }

    private void TakeRead()
    {
        _isReading = false;
        try
        {
            var read = _reading.GetResult();
            _buffer = read.Buffer;
            _hasBuffer = true;
            _isInputEnded |= read.IsCompleted && !read.IsCanceled;
        }
        catch (Exception gone) when (IsGone(gone))
        {
            Break(Why(gone), LogLevel.DebugLevel);
        }
        finally
        {
            _reading = default;
        }
    }

    private sealed class InputReady(IActorRef connection) : OwnTurn(connection);
}
