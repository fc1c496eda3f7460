namespace Kcopyd.Actors.Faults;

/// <summary>Bad sectors: an operation that touches a bad range fails completely, as on a disk; flushes do not fail.</summary>
public sealed class ErrorByRangeDevice : ErrorLayer
{
    private readonly ByteRange[] _bad;
    private readonly bool _partial;

    /// <summary>Creates the device with its bad ranges.</summary>
    /// <param name="inner">The underlying device.</param>
    /// <param name="bad">The bad ranges, in bytes.</param>
    /// <param name="error">The error that operations fail with.</param>
    /// <param name="operations">The operations that fail.</param>
    /// <param name="partial">True if a read or write that starts before a bad range transfers the good bytes before it, as a short transfer; only an
    /// operation that starts in the range fails.</param>
    /// <param name="leaveOpen">False, the default, if the layer also disposes the underlying device.</param>
    public ErrorByRangeDevice(IBlockDevice inner, IEnumerable<ByteRange> bad, IoError error = IoError.Io,
        IoOperations operations = IoOperations.Transfers, bool partial = false, bool leaveOpen = false)
        : base(inner, error, operations, leaveOpen)
    {
        _bad = [.. bad];
        _partial = partial;
    }

    /// <inheritdoc/>
    public override ValueTask<IoResult> ReadAsync(long offset, Memory<byte> buffer) =>
        base.ReadAsync(offset, buffer[..GoodPrefix(IoOperations.Read, offset, buffer.Length)]);

    /// <inheritdoc/>
    public override ValueTask<IoResult> WriteAsync(long offset, ReadOnlyMemory<byte> buffer) =>
        base.WriteAsync(offset, buffer[..GoodPrefix(IoOperations.Write, offset, buffer.Length)]);

    /// <inheritdoc/>
    protected override bool Fails(IoOperations operation, long offset, long length) => Array.Exists(_bad, bad => bad.Touches(offset, length));

    private int GoodPrefix(IoOperations operation, long offset, int length)
    {
        if (!_partial || (Operations & operation) == 0)
            return length;
        var end = offset + length;
        foreach (var bad in _bad)
            if (bad.Touches(offset, end - offset))
                end = Math.Max(bad.Offset, offset) & -Alignment;
        return end > offset ? (int)(end - offset) : length; // starts in a bad range: fails completely
    }
}
