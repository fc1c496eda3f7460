namespace Kcopyd.Actors.Faults;

/// <summary>Alternates between up and down, like dm-flakey. The device is up at first.</summary>
public sealed class FlakeyDevice : ErrorLayer
{
    private readonly TimeProvider _time;
    private readonly long _start;
    private readonly TimeSpan _up;
    private readonly TimeSpan _down;

    /// <summary>Creates the device and starts its first up period.</summary>
    /// <param name="inner">The underlying device.</param>
    /// <param name="up">How long operations succeed.</param>
    /// <param name="down">How long operations then fail.</param>
    /// <param name="error">The error that operations fail with while it is down.</param>
    /// <param name="operations">The operations that fail.</param>
    /// <param name="time">The clock; null for the system's.</param>
    /// <param name="leaveOpen">False, the default, if the layer also disposes the underlying device.</param>
    /// <exception cref="ArgumentOutOfRangeException">A time is negative, or both are zero.</exception>
    public FlakeyDevice(IBlockDevice inner, TimeSpan up, TimeSpan down, IoError error = IoError.Io,
        IoOperations operations = IoOperations.All, TimeProvider? time = null, bool leaveOpen = false)
        : base(inner, error, operations, leaveOpen)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(up, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(down, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfEqual(up + down, TimeSpan.Zero);
        _up = up;
        _down = down;
        _time = time ?? TimeProvider.System;
        _start = _time.GetTimestamp();
    }

    /// <summary>True while operations succeed.</summary>
    public bool IsUp => _time.GetElapsedTime(_start).Ticks % (_up + _down).Ticks < _up.Ticks;

    /// <inheritdoc/>
    protected override bool Fails(IoOperations operation, long offset, long length) => !IsUp;
}
