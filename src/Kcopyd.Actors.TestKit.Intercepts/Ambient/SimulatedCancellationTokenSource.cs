using Kcopyd.Actors.TestKit.Intercepts.Calls;

namespace Kcopyd.Actors.TestKit.Intercepts.Ambient;

/// <summary>A source with a timer in virtual time, which ends with it.</summary>
internal sealed class SimulatedCancellationTokenSource : CancellationTokenSource
{
    private ITimer? _timer;

    public void CancelAfter(TimeSpan delay, TimeProvider time)
    {
        if (_timer is null)
            _timer = CancellationCalls.NewTimer(this, delay, time);
        else
            _timer.Change(delay, Timeout.InfiniteTimeSpan);
    }

    public void StopTimer()
    {
        _timer?.Dispose();
        _timer = null;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            StopTimer();
        base.Dispose(disposing);
    }
}
