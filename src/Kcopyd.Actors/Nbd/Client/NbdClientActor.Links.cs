using System.IO.Pipelines;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Akka.Actor;
using Akka.Event;
using Kcopyd.Actors.Devices;
using Kcopyd.Actors.Nbd.Protocol;

namespace Kcopyd.Actors.Nbd.Client;

/// <content>What goes over the connections, and how they end.</content>
internal sealed partial class NbdClientActor
{
    private const int MostReads = 16;       // of one connection before others have their turn
    private const int MostAttempts = 8;     // of one request: it may be what the server breaks down of

    /// <summary>Sends what can be sent; all that goes to one connection goes out at once.</summary>
    private void Pump()
    {
        if (_state == State.Replaying)
            Replay();
        if (_state == State.Serving)
        {
            SendHeld();
            while (_queue.First is { } && FreeLink() is { } link)
            {
                var request = _queue.Take()!;
                if (!IsAnsweredHere(request) && !MustWait(request))
                    Send(link, request);
            }
            FlushInBackground();
        }
        foreach (var link in _links)
        {
            if (link is { IsDirty: true, IsWriting: false, IsBroken: false })
                Write(link, link.Output.FlushAsync());
        }
    }

    // The least loaded one.
    private NbdLink? FreeLink()
    {
        NbdLink? free = null;
        foreach (var link in _links)
        {
            if (link.HasRoom && (free is null || link.InFlight < free.InFlight))
                free = link;
        }
        return free;
    }

    // What the server of this session, or of none, cannot answer.
    private bool IsAnsweredHere(NbdRequest request)
    {
        if (request.Command == NbdCommand.Flush && _flushError != IoError.None)
            Answer(request, IoResult.Failure(_flushError));
        else if (request.Command == NbdCommand.BlockStatus && _links.Exists(static link => link.Terms.Allocation is null))
            Answer(request, IoResult.Failure(IoError.NotSupported));
        else
            return false;
        return true;
    }

    private void Send(NbdLink link, NbdRequest request)
    {
        if (request.Command == NbdCommand.Flush)
            request.Mark = _keeps ? _kept.End : _acknowledged;
        Entered(request);
        if (!link.Encode(request))
            return;
        link.Sending = request;
        Write(link, link.Output.WriteAsync(request.Memory));
    }

    private void Write(NbdLink link, ValueTask<FlushResult> writing)
    {
        link.IsDirty = false;
#pragma warning disable CA2012 // consumed once: here, or by the message that its completion sends
        var awaiter = writing.ConfigureAwait(false).GetAwaiter();
#pragma warning restore CA2012
        if (awaiter.IsCompleted)
        {
            EndWrite(link, awaiter);
            return;
        }
        link.WritePending = awaiter;
        link.IsWriting = true;
        awaiter.UnsafeOnCompleted(link.OnWritten);
    }

    private void WasWritten(NbdLink link)
    {
        var pending = link.WritePending;
        (link.WritePending, link.IsWriting) = (default, false);
        EndWrite(link, pending);
    }

    private void EndWrite(NbdLink link, ConfiguredValueTaskAwaitable<FlushResult>.ConfiguredValueTaskAwaiter written)
    {
        try
        {
            written.GetResult();
        }
        catch (Exception lost) when (IsLoss(lost))
        {
            Break(link, lost.Message);
        }
        var (sent, isAnswered) = (link.Sending, link.IsSendingAnswered);
        (link.Sending, link.IsSendingAnswered) = (null, false);
        _hasBroken |= link.IsBroken;
        if (isAnswered)
            Finish(sent!);
    }

    private void StartReading(NbdLink link)
    {
        for (var reads = 0; reads < MostReads; reads++)
        {
            if (link.IsBroken)
            {
                _hasBroken = true;
                return;
            }
#pragma warning disable CA2012 // consumed once: here, or by the message that its completion sends
            var awaiter = link.Input.ReadAsync().ConfigureAwait(false).GetAwaiter();
#pragma warning restore CA2012
            if (!awaiter.IsCompleted)
            {
                (link.ReadPending, link.IsReading, link.IsReadPending) = (awaiter, true, true);
                awaiter.UnsafeOnCompleted(link.OnRead);
                return;
            }
            EndRead(link, awaiter);
        }
        link.IsReading = true;
        Self.Tell(link.Read, ActorRefs.NoSender);
    }

    private void WasRead(NbdLink link)
    {
        var (pending, isPending) = (link.ReadPending, link.IsReadPending);
        (link.ReadPending, link.IsReading, link.IsReadPending) = (default, false, false);
        if (isPending)
            EndRead(link, pending);
        StartReading(link);
    }

    private void EndRead(NbdLink link, ConfiguredValueTaskAwaitable<ReadResult>.ConfiguredValueTaskAwaiter read)
    {
        try
        {
            var result = read.GetResult();
            if (link.IsBroken)
                return;
            var rest = link.Replies.Take(result.Buffer);
            link.Input.AdvanceTo(rest.Start, rest.End);
            if (result.IsCompleted)
                Break(link, "it closed the connection");
        }
        catch (ReplyException broken)
        {
            if (broken.Request is { } request)
            {
                request.Error = IoError.Io;
                Completed(link, request);
            }
            Break(link, broken.Message);
        }
        catch (Exception lost) when (IsLoss(lost))
        {
            Break(link, lost.Message);
        }
    }

    private void Completed(NbdLink link, NbdRequest request)
    {
        link.Release(request);
        if (link.Sending == request)
            link.IsSendingAnswered = true;      // an error, before all was sent: the stream still writes from its memory
        else
            Finish(request);
    }

    private void Break(NbdLink link, string reason)
    {
        if (link.IsBroken)
            return;
        link.Close();
        _hasBroken = true;
        _lossReason = reason;
        if (_state is State.Serving or State.Replaying)
            Log.Info("{0}: a connection is lost: {1}; {2} requests were in flight on it", _core.Name, reason, link.InFlight);
        // What was written again so far may be in a cache that is gone, too: it begins anew, with a new session.
        if (_state == State.Replaying)
            _links.ForEach(static other => other.Close());
    }

    private void BuryBroken()
    {
        _hasBroken = false;
        for (var i = _links.Count - 1; i >= 0; i--)
        {
            if (!_links[i].IsQuiet)
                continue;
            var link = _links[i];
            _links.RemoveAt(i);
            link.Input.Complete();
            link.Output.Complete(new IOException("The connection is closed."));     // an error: nothing is to be written any more
            while (link.TakeUnanswered() is { } request)
                Unanswered(request);
            if (_links.Count == 0)
                LostSession();
        }
        Pump();
    }

    private void Unanswered(NbdRequest request)
    {
        Left(request);
        if (request.Origin != RequestOrigin.Caller)
        {
            _isFlushingInBackground &= request.Origin != RequestOrigin.Background;
            _core.Recycle(request);
        }
        else if (_state is State.Failed or State.Closing)
        {
            Answer(request, IoResult.Failure(_state == State.Failed ? _failure : IoError.Closed));
        }
        else if (++request.Attempts == MostAttempts)
        {
            Answer(request, IoResult.Failure(IoError.Io));
        }
        else
        {
            _queue.AddFirst(request);
        }
    }

    private static bool IsLoss(Exception exception) => exception is IOException or SocketException or ObjectDisposedException or OperationCanceledException or InvalidOperationException;
}
