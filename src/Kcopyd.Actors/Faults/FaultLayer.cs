namespace Kcopyd.Actors.Faults;

/// <summary>
/// A layer that can intercept an operation. To implement a custom fault, derive from this class and override <see cref="BeforeAsync"/>.
/// </summary>
/// <param name="inner">The underlying device.</param>
/// <param name="operations">The operations to intercept; all others pass through.</param>
/// <param name="leaveOpen">False, the default, if the layer also disposes the underlying device.</param>
public abstract class FaultLayer(IBlockDevice inner, IoOperations operations, bool leaveOpen = false) : DeviceLayer(inner, leaveOpen)
{
    private long _injected;

    /// <summary>The operations that the layer intercepts.</summary>
    public IoOperations Operations { get; } = operations;

    /// <summary>The number of operations affected so far: failed, delayed, held or cut short.</summary>
    public long Injected => Interlocked.Read(ref _injected);

    /// <summary>Called before each of the <see cref="Operations"/>, on the caller's thread, concurrently for concurrent operations.</summary>
    /// <param name="operation">The operation.</param>
    /// <param name="offset">Byte offset; 0 for a flush.</param>
    /// <param name="length">Bytes; 0 for a flush.</param>
    /// <returns>Null to pass the operation to the underlying device once this completes; otherwise the operation's result.</returns>
    protected abstract ValueTask<IoResult?> BeforeAsync(IoOperations operation, long offset, long length);

    /// <summary>Counts an operation as affected.</summary>
    protected void CountInjected() => Interlocked.Increment(ref _injected);

    /// <inheritdoc/>
    public override ValueTask<IoResult> ReadAsync(long offset, Memory<byte> buffer)
    {
        var before = Before(IoOperations.Read, offset, buffer.Length);
        return before.IsCompletedSuccessfully
            ? before.Result is { } end ? new(end) : Inner.ReadAsync(offset, buffer)
            : ReadLaterAsync(before, offset, buffer);
    }

    /// <inheritdoc/>
    public override ValueTask<IoResult> WriteAsync(long offset, ReadOnlyMemory<byte> buffer)
    {
        var before = Before(IoOperations.Write, offset, buffer.Length);
        return before.IsCompletedSuccessfully
            ? before.Result is { } end ? new(end) : Inner.WriteAsync(offset, buffer)
            : WriteLaterAsync(before, offset, buffer);
    }

    /// <inheritdoc/>
    public override async ValueTask<IoResult> WriteZeroesAsync(long offset, long length) =>
        await Before(IoOperations.WriteZeroes, offset, length).ConfigureAwait(false)
        ?? await Inner.WriteZeroesAsync(offset, length).ConfigureAwait(false);

    /// <inheritdoc/>
    public override async ValueTask<IoResult> DiscardAsync(long offset, long length) =>
        await Before(IoOperations.Discard, offset, length).ConfigureAwait(false)
        ?? await Inner.DiscardAsync(offset, length).ConfigureAwait(false);

    /// <inheritdoc/>
    public override async ValueTask<IoResult> FlushAsync() =>
        await Before(IoOperations.Flush, 0, 0).ConfigureAwait(false) ?? await Inner.FlushAsync().ConfigureAwait(false);

    private async ValueTask<IoResult> ReadLaterAsync(ValueTask<IoResult?> before, long offset, Memory<byte> buffer) =>
        await before.ConfigureAwait(false) ?? await Inner.ReadAsync(offset, buffer).ConfigureAwait(false);

    private async ValueTask<IoResult> WriteLaterAsync(ValueTask<IoResult?> before, long offset, ReadOnlyMemory<byte> buffer) =>
        await before.ConfigureAwait(false) ?? await Inner.WriteAsync(offset, buffer).ConfigureAwait(false);

    private ValueTask<IoResult?> Before(IoOperations operation, long offset, long length) =>
        (Operations & operation) == 0 ? default : BeforeAsync(operation, offset, length);
}
