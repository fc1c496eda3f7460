using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using Akka.Actor;
using Akka.Event;
using Kcopyd.Actors.BlockIo;
using Kcopyd.Actors.Messaging;

namespace Kcopyd.Actors.Nbd.Server;

/// <content>Answers go out: what is ready at about the same time together, one send at a time, and meanwhile the rest waits.</content>
internal sealed partial class ConnectionActor
{
    private const int MostUnsent = 256 << 10;       // bytes of answers that wait for the end of the mailbox
    private const int MostReplies = 16;             // that wait for it: the client goes on with the first while the last are made
    private const int LeastDirect = 32 << 10;       // bytes of data that are sent from where they are

    private readonly SendNow _sendNow = new();
    private readonly OutputDone _outputDone = new();
    private readonly Action _onOutput;
    private PipeWriter _output = null!;
    private ConfiguredValueTaskAwaitable<FlushResult>.ConfiguredValueTaskAwaiter _send;
    private LinkedQueue<DeviceIo> _replies;   // that wait for what is being sent
    private MemoryBlock _sentFrom;
    private int _unsent;        // answers
    private bool _isSending;
    private bool _isSendingSoon;

    private bool HasOutput => _isSending || !_replies.IsEmpty || _output.UnflushedBytes > 0;

    private void Reply(RequestIo io)
    {
        if (_isSending)
            _replies.Add(io);
        else
            Encode(io);
    }

    private void SendData(Memory<byte> data, MemoryBlock block)
    {
        if (data.Length >= LeastDirect)
        {
            _sentFrom = block;
            Send(data);
            return;
        }
        if (!data.IsEmpty)
        {
            data.Span.CopyTo(_output.GetSpan(data.Length));
            _output.Advance(data.Length);
        }
        _memory.Return(block);
        if (++_unsent >= MostReplies || _output.UnflushedBytes >= MostUnsent)
            Send();
    }

    // Behind what is in the mailbox already: its answers go out together.
    private void SendSoon()
    {
        if (_isSending || _isSendingSoon || _isBroken || _output.UnflushedBytes == 0)
            return;
        _isSendingSoon = true;
        Self.Tell(_sendNow, ActorRefs.NoSender);
    }

    private void Send(Memory<byte> data = default)
    {
        _isSendingSoon = false;
        if (_isSending || _isBroken || (data.IsEmpty && _output.UnflushedBytes == 0))
            return;
        _unsent = 0;
        Publish();
        try
        {
#pragma warning disable CA2012 // consumed once: here, or by the message that its completion sends
            _send = (data.IsEmpty ? _output.FlushAsync() : _output.WriteAsync(data)).ConfigureAwait(false).GetAwaiter();
#pragma warning restore CA2012
        }
        catch (Exception gone) when (IsGone(gone))
        {
            Break(Why(gone), LogLevel.DebugLevel);
            return;
        }
        _isSending = true;
        if (_send.IsCompleted)
            EndSend();
        else
            _send.UnsafeOnCompleted(_onOutput);
    }

    private void Sent()
    {
        EndSend();
        while (!_isSending && _replies.TryTake(out var waiting))
        {
            var io = (RequestIo)waiting;
            if (_isBroken)
                Drop(io);
            else
                Encode(io);
        }
    }

    private void EndSend()
    {
        _isSending = false;
        _memory.Return(_sentFrom);
        _sentFrom = default;
        try
        {
            _ = _send.GetResult();
        }
        catch (Exception gone) when (IsGone(gone))
        {
            Break(Why(gone), LogLevel.DebugLevel);
        }
        _send = default;
    }

    private sealed class SendNow : LinkedMessage;

    private sealed class OutputDone : LinkedMessage;
}
