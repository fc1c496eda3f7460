namespace Kcopyd.Actors.Faults;

/// <summary>Fails operations by their number: the nth, a run of them, or all from the nth on.</summary>
public sealed class ErrorByCountDevice : ErrorLayer
{
    private readonly long _first;
    private readonly long _count;
    private long _seen;

    /// <summary>Creates the device and selects the operations that fail.</summary>
    /// <param name="inner">The underlying device.</param>
    /// <param name="first">The first operation that fails, counted from 1 over <paramref name="operations"/>.</param>
    /// <param name="count">The number of operations that fail; <see cref="long.MaxValue"/> for all from <paramref name="first"/> on.</param>
    /// <param name="error">The error that operations fail with.</param>
    /// <param name="operations">The operations that are counted and can fail.</param>
    /// <param name="leaveOpen">False, the default, if the layer also disposes the underlying device.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="first"/> is below 1, or <paramref name="count"/> is negative.</exception>
    public ErrorByCountDevice(IBlockDevice inner, long first, long count = 1, IoError error = IoError.Io,
        IoOperations operations = IoOperations.Transfers, bool leaveOpen = false)
        : base(inner, error, operations, leaveOpen)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(first, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        _first = first;
        _count = count;
    }

    /// <inheritdoc/>
    protected override bool Fails(IoOperations operation, long offset, long length)
    {
        var number = Interlocked.Increment(ref _seen);
        return number >= _first && number - _first < _count;
    }
}
