using Akka.Actor;

namespace Kcopyd.Actors.Nbd.Client;

/// <summary>
/// One loss of the server: from the end of a session until the server answers again, however often it comes and goes until then; and the time for which
/// requests wait for that. Used by the device's actor only.
/// </summary>
internal sealed class ServerLoss(TimeSpan limit, ITimerScheduler timers)
{
    private bool _isLimitRunning;
    private int _replayed;          // when the limit was looked at

    /// <summary>True while the server is lost, or has not answered since.</summary>
    public bool IsLost { get; private set; }

    /// <summary>What was seen last of it.</summary>
    public string Reason { get; set; } = "";

    /// <summary>A session has ended.</summary>
    /// <returns>True if it is a new loss.</returns>
    public bool Begin(string reason)
    {
        Reason = reason;
        timers.Cancel(DeviceTimer.Settled);
        if (IsLost)
            return false;
        (IsLost, _replayed) = (true, 0);
        StartLimit();
        return true;
    }

    /// <summary>A request waits for the server.</summary>
    public void Await()
    {
        if (!_isLimitRunning)
            StartLimit();
    }

    /// <summary>There is a session again. The loss ends if that lasts, also if nobody asks the server for anything.</summary>
    public void Settle()
    {
        if (IsLost)
            timers.StartSingleTimer(DeviceTimer.Settled, DeviceTimer.Settled, ServerSearch.LongestPause);
    }

    /// <summary>The server is there.</summary>
    /// <returns>True if it was lost before that.</returns>
    public bool End()
    {
        if (!IsLost)
            return false;
        (IsLost, _isLimitRunning) = (false, false);
        timers.Cancel(DeviceTimer.Limit);
        timers.Cancel(DeviceTimer.Settled);
        return true;
    }

    /// <summary>The limit is reached.</summary>
    /// <param name="hasWaiting">True if requests wait. While none does, the search continues, and the limit begins anew with the next request.</param>
    /// <param name="replayed">Requests of the replay, if there is one, that were sent so far. While they become more, the server is at work.</param>
    /// <returns>True if it is time to give up.</returns>
    public bool IsOver(bool hasWaiting, int replayed)
    {
        _isLimitRunning = false;
        if (!hasWaiting)
            return false;
        if (replayed <= _replayed)
            return true;
        _replayed = replayed;
        StartLimit();
        return false;
    }

    private void StartLimit()
    {
        _isLimitRunning = true;
        timers.StartSingleTimer(DeviceTimer.Limit, DeviceTimer.Limit, limit);
    }
}
