namespace Kcopyd.Actors.Faults;

/// <summary>A slow device: operations start late. No thread is blocked, and they are all delayed side by side.</summary>
public sealed class DelayDevice : FaultLayer
{
    private readonly TimeSpan _delay;
    private readonly TimeProvider _time;

    /// <summary>Slows a device down.</summary>
    /// <param name="inner">The device beneath.</param>
    /// <param name="delay">How much later operations start.</param>
    /// <param name="operations">The operations that are delayed.</param>
    /// <param name="time">The clock; the system's if null.</param>
    /// <param name="leaveOpen">False, the default, if the layer disposes the device beneath with itself.</param>
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
        await Task.Delay(_delay, _time).ConfigureAwait(false);
        return null;
    }
}
