using Akka.Actor;

namespace Kcopyd.Actors.Nbd.Client;

/// <summary>
/// One loss of the server: from the end of a session until the server answers again, no matter how often it comes and goes until then; and the time limit for
/// requests that wait for it. Used by the device's actor only.
/// </summary>
internal sealed class ServerLoss(TimeSpan limit, ITimerScheduler timers)
{
    private bool _isLimitRunning;
    private int _replayed;          // at the last check of the limit

    /// <summary>True while the server is lost, or is back but has not answered yet.</summary>
    public bool IsLost { get; private set; }

    /// <summary>The most recent reason.</summary>
    public string Reason { get; set; } = "";

    /// <summary>Records the end of a session.</summary>
    /// <returns>True if this is a new loss.</returns>
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

    /// <summary>Starts the limit for a request that waits for the server.</summary>
    public void Await()
    {
        if (!_isLimitRunning)
            StartLimit();
    }

    /// <summary>Records a new session. The loss ends if the session lasts, even if no request is sent to the server.</summary>
    public void Settle()
    {
        if (IsLost)
            timers.StartSingleTimer(DeviceTimer.Settled, DeviceTimer.Settled, ServerSearch.MaxPause);
    }

    /// <summary>Ends the loss.</summary>
    /// <returns>True if the server was lost.</returns>
    public bool End()
    {
        if (!IsLost)
            return false;
        (IsLost, _isLimitRunning) = (false, false);
        timers.Cancel(DeviceTimer.Limit);
        timers.Cancel(DeviceTimer.Settled);
        return true;
    }

    /// <summary>Handles the end of the limit.</summary>
    /// <param name="hasWaiting">True if requests wait. While none does, the search continues, and the limit restarts with the next request.</param>
    /// <param name="replayed">Number of requests of the replay, if there is one, sent so far. While it grows, the server is working.</param>
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
