namespace Kcopyd.Actors.Faults;

/// <summary>
/// A slow device: operations start late, on the thread on which the timer of the clock fires. No thread is blocked, and concurrent operations are delayed
/// concurrently.
/// </summary>
public sealed class DelayDevice : FaultLayer
{
    private readonly TimeSpan _delay;
    private readonly TimeProvider _time;

    /// <summary>Creates the device.</summary>
    /// <param name="inner">The underlying device.</param>
    /// <param name="delay">How long each operation is delayed.</param>
    /// <param name="operations">The operations that are delayed.</param>
    /// <param name="time">The clock; null for the system's.</param>
    /// <param name="leaveOpen">False, the default, if the layer also disposes the underlying device.</param>
    /// <exception cref="ArgumentOutOfRangeException">The delay is negative.</exception>
    public DelayDevice(IBlockDevice inner, TimeSpan delay, IoOperations operations = IoOperations.All, TimeProvider? time = null,
        bool leaveOpen = false)
        : base(inner, operations, leaveOpen)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(delay, TimeSpan.Zero);
        _delay = delay;
        _time = time ?? TimeProvider.System;
    }

    /// <inheritdoc/>
    protected override async ValueTask<IoResult?> BeforeAsync(IoOperations operation, long offset, long length)
    {
        CountInjected();
        if (_delay == TimeSpan.Zero)
            return null;
        var due = new TaskCompletionSource();
        using var timer = _time.CreateTimer(static state => Inline.SetResult((TaskCompletionSource)state!), due, _delay, Timeout.InfiniteTimeSpan);
        await due.Task.ConfigureAwait(false);
        return null;
    }
}
