using Akka.Actor;
using Akka.Event;
using Kcopyd.Actors.Devices;

namespace Kcopyd.Actors.Nbd.Client;

/// <content>The end of a session, and how the next one comes.</content>
internal sealed partial class NbdClientActor
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(100), LongestPause = TimeSpan.FromSeconds(5);

    private CancellationTokenSource? _connecting;
    private TimeSpan _pause;            // before the next try
    private bool _isWaitingForServer;   // no request was answered since a session was lost
    private bool _isLimitRunning;
    private long _replayReached;        // when the limit was looked at
    private string _lossReason = "";

    private void LostSession()
    {
        _replaying.Clear();
        switch (_state)
        {
            case State.Closing:
                Context.Stop(Self);
                return;
            case State.Failed or State.Lost:
                return;
        }
        if (_core.Options.ReconnectLimit == TimeSpan.Zero)
        {
            Fail(IoError.NoDevice, _lossReason);
            return;
        }
        _state = State.Lost;
        LoseUnkept();
        if (!_isWaitingForServer)
        {
            _isWaitingForServer = true;
            _pause = TimeSpan.Zero;
            _replayReached = 0;
            StartLimit();
            Log.Warning("{0}: the server is lost: {1}; trying for {2} s to reach it", _core.Name, _lossReason, _core.Options.ReconnectLimit.TotalSeconds);
        }
        TryLater();
    }

    // The first time at once.
    private void TryLater()
    {
        if (_pause == TimeSpan.Zero)
            Connect();
        else
            Timers.StartSingleTimer(Retry.Instance, Retry.Instance, _pause);
        _pause = _pause == TimeSpan.Zero ? FirstPause : _pause * 2 < LongestPause ? _pause * 2 : LongestPause;
    }

    private void Connect()
    {
        if (_state != State.Lost)
            return;
        _connecting?.Dispose();
        _connecting = new CancellationTokenSource();
        var (self, core, token) = (Self, _core, _connecting.Token);
        _ = Task.Run(() => ConnectAsync(self, core, token), CancellationToken.None);
    }

    private static async Task ConnectAsync(IActorRef self, NbdClientCore core, CancellationToken cancellationToken)
    {
        try
        {
            var links = await NbdSession.OpenAsync(core.Uri, core.Options, cancellationToken).ConfigureAwait(false);
            self.Tell(new SessionOpened(links), ActorRefs.NoSender);
            if (core.IsGone)
                links.ForEach(static link => link.Close());
        }
        catch (Exception refused)
        {
            self.Tell(new SessionRefused(refused.Message), ActorRefs.NoSender);      // tried again, and told when that has no end
        }
    }

    private void Refused(string reason)
    {
        if (_state != State.Lost)
            return;
        _lossReason = reason;
        Log.Debug("{0}: {1}", _core.Name, reason);
        TryLater();
    }

    private void Opened(List<NbdLink> links)
    {
        if (_state != State.Lost)
        {
            links.ForEach(static link => link.Close());
            return;
        }
        if (_core.Terms.WhyNot(links[0].Terms, _core.IsReadOnly) is { } reason)
        {
            links.ForEach(static link => link.Close());
            Fail(IoError.NoDevice, $"the server is back, and it is another export: {reason}");
            return;
        }
        _links.AddRange(links);
        foreach (var link in links)
            link.Attach(Self, _core, Completed);
        BeginReplay();
        links.ForEach(StartReading);
        Pump();
    }

    private void StartLimit()
    {
        _isLimitRunning = true;
        Timers.StartSingleTimer(GiveUp.Instance, GiveUp.Instance, _core.Options.ReconnectLimit);
    }

    private void LimitReached()
    {
        _isLimitRunning = false;
        if (_state == State.Serving)
        {
            _isWaitingForServer = false;    // it is there, and nobody has asked for anything, or it is slow
        }
        else if (_queue.First is null && _held.First is null)
        {
            return;     // nobody waits; it is looked for on and on, and from the next request on the limit runs again
        }
        else if (_state == State.Replaying && _replayNext > _replayReached)
        {
            _replayReached = _replayNext;
            StartLimit();
        }
        else
        {
            Fail(IoError.TimedOut, $"the server has not come back within {_core.Options.ReconnectLimit.TotalSeconds:0.###} s ({_lossReason})");
        }
    }

    private void HeardFromServer()
    {
        if (!_isWaitingForServer)
            return;
        (_isWaitingForServer, _isLimitRunning) = (false, false);
        Timers.Cancel(GiveUp.Instance);
        Log.Info("{0}: the server is back", _core.Name);
    }

    /// <summary>Nothing works any more, and nothing will.</summary>
    private void Fail(IoError error, string reason)
    {
        if (_state is State.Failed or State.Closing)
            return;
        Log.Error("{0}: the device has failed for good: {1}.{2}", _core.Name, reason, HasUnflushed ? " What was written and not flushed may be lost." : "");
        (_state, _failure) = (State.Failed, error);
        End(error);
    }

    private void Close()
    {
        if (_state == State.Closing)
            return;
        _state = State.Closing;
        End(IoError.Closed);
        if (_links.Count == 0)
            Context.Stop(Self);
    }

    // What is in flight is answered when the connections have ended.
    private void End(IoError error)
    {
        Timers.CancelAll();
        _connecting?.Cancel();
        while ((_queue.Take() ?? _held.Take()) is { } request)
            Answer(request, IoResult.Failure(error));
        foreach (var link in _links)
        {
            link.SayGoodbye();
            link.Close();
        }
        _hasBroken = true;
    }
}
