namespace Kcopyd.Actors.Faults;

/// <summary>Reads and writes that transfer less than requested, without an error, as any device may do.</summary>
public sealed class ShortTransferDevice : FaultLayer
{
    private readonly int _maxBytes;
    private readonly SeededFates? _fates;

    /// <summary>Creates the device.</summary>
    /// <param name="inner">The underlying device. Transfers remain multiples of its alignment, and at least one such unit.</param>
    /// <param name="maxBytes">The maximum number of bytes in a transfer.</param>
    /// <param name="seed">Null to transfer that many bytes; otherwise the seed for choosing a random part of them for each transfer.</param>
    /// <param name="operations">Read, Write or both; no other operation can be short.</param>
    /// <param name="leaveOpen">False, the default, if the layer also disposes the underlying device.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="maxBytes"/> is below 1.</exception>
    public ShortTransferDevice(IBlockDevice inner, int maxBytes = int.MaxValue, int? seed = null,
        IoOperations operations = IoOperations.Read | IoOperations.Write, bool leaveOpen = false)
        : base(inner, operations, leaveOpen)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxBytes, 1);
        _maxBytes = maxBytes;
        _fates = seed is { } number ? new SeededFates(number) : null;
    }

    /// <inheritdoc/>
    public override ValueTask<IoResult> ReadAsync(long offset, Memory<byte> buffer) =>
        Inner.ReadAsync(offset, buffer[..Cut(IoOperations.Read, buffer.Length)]);

    /// <inheritdoc/>
    public override ValueTask<IoResult> WriteAsync(long offset, ReadOnlyMemory<byte> buffer) =>
        Inner.WriteAsync(offset, buffer[..Cut(IoOperations.Write, buffer.Length)]);

    /// <inheritdoc/>
    protected override ValueTask<IoResult?> BeforeAsync(IoOperations operation, long offset, long length) => default;

    private int Cut(IoOperations operation, int length)
    {
        if ((Operations & operation) == 0)
            return length;
        var part = Math.Min(length, _maxBytes);
        if (_fates is not null)
            part = 1 + (int)(part * _fates.Next());
        part = Math.Min(length, Math.Max(part & -Alignment, Alignment));
        if (part < length)
            CountInjected();
        return part;
    }
}
