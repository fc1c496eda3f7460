namespace Kcopyd.Actors.Faults;

/// <summary>Throws an exception instead of completing: a device that has vanished, or one with a bug.</summary>
public sealed class CrashDevice : FaultLayer
{
    private readonly long _first;
    private readonly Func<Exception> _exception;
    private long _seen;

    /// <summary>Creates the device and selects when it crashes.</summary>
    /// <param name="inner">The underlying device.</param>
    /// <param name="first">The first operation that throws, counted from 1 over <paramref name="operations"/>; all later ones also throw, until
    /// <see cref="Repair"/>.</param>
    /// <param name="operations">The operations that are counted and can throw.</param>
    /// <param name="exception">Creates the exception; an <see cref="IOException"/> by default.</param>
    /// <param name="leaveOpen">False, the default, if the layer also disposes the underlying device.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="first"/> is below 1.</exception>
    public CrashDevice(IBlockDevice inner, long first = 1, IoOperations operations = IoOperations.All, Func<Exception>? exception = null,
        bool leaveOpen = false)
        : base(inner, operations, leaveOpen)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(first, 1);
        _first = first;
        _exception = exception ?? (() => new IOException($"The device {Name} has vanished."));
    }

    /// <summary>Stops throwing: all further operations pass through.</summary>
    public void Repair() => Interlocked.Exchange(ref _seen, long.MinValue);

    /// <inheritdoc/>
    protected override ValueTask<IoResult?> BeforeAsync(IoOperations operation, long offset, long length)
    {
        if (Interlocked.Increment(ref _seen) < _first)
            return default;
        CountInjected();
        throw _exception();
    }
}
