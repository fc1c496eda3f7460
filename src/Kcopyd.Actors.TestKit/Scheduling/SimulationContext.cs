namespace Kcopyd.Actors.TestKit.Scheduling;

/// <summary>
/// Where awaits continue that are not an actor's: as steps of the simulation. Code that blocks the thread lets the world continue until it is woken, or until
/// its timeout has passed in simulated time.
/// </summary>
internal sealed class SimulationContext : SynchronizationContext
{
    private const int TimedOut = 258;       // WAIT_TIMEOUT

    private const int Grace = 100;          // milliseconds; a thread of the pool wakes within microseconds if there is one

    private readonly Engine _engine;
    private readonly Process? _process;

    public SimulationContext(Engine engine, Process? process)
    {
        (_engine, _process) = (engine, process);
        SetWaitNotificationRequired();
    }

    public override void Post(SendOrPostCallback d, object? state)
    {
        _engine.Messages.Wakes(_process);
        _engine.Add(_process, new Continuation(d, state));
    }

    public override void Send(SendOrPostCallback d, object? state) => d(state);

    public override SynchronizationContext CreateCopy() => this;

    public override int Wait(IntPtr[] waitHandles, bool waitAll, int millisecondsTimeout)
    {
        var result = WaitHelper(waitHandles, waitAll, 0);
        if (result != TimedOut || millisecondsTimeout == 0)
            return result;
        if (_engine.RunUntil(() => (result = WaitHelper(waitHandles, waitAll, 0)) != TimedOut, _engine.Now))
            return result;
        // A real thread may be about to wake this one, such as one of the pool's: simulated time must not pass it by.
        if (!_engine.ControlsPool && (result = WaitHelper(waitHandles, waitAll, Grace)) != TimedOut)
            return result;
        var until = millisecondsTimeout < 0 ? TimeSpan.MaxValue : _engine.Now + TimeSpan.FromMilliseconds(millisecondsTimeout);
        if (!_engine.RunUntil(() => (result = WaitHelper(waitHandles, waitAll, 0)) != TimedOut, until) && millisecondsTimeout < 0)
            throw _engine.Deadlock();
        return result;
    }
}
