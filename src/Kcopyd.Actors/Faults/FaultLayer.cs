namespace Kcopyd.Actors.Faults;

/// <summary>
/// A layer that can step in before an operation. A derived class says when and how in <see cref="BeforeAsync"/>; that is all there is to
/// a fault of your own.
/// </summary>
/// <param name="inner">The device beneath.</param>
/// <param name="operations">The operations to meddle with; all others go straight through.</param>
/// <param name="leaveOpen">False, the default, if the layer disposes the device beneath with itself.</param>
public abstract class FaultLayer(IBlockDevice inner, IoOperations operations, bool leaveOpen = false) : DeviceLayer(inner, leaveOpen)
{
    private long _injected;

    /// <summary>The operations that the layer meddles with.</summary>
    public IoOperations Operations { get; } = operations;

    /// <summary>How many operations the layer has meddled with so far: failed, delayed, held or cut short.</summary>
    public long Injected => Interlocked.Read(ref _injected);

    /// <summary>Called before each operation of <see cref="Operations"/>, on its caller's thread, concurrently for concurrent operations.</summary>
    /// <param name="operation">Which one.</param>
    /// <param name="offset">Byte offset; 0 for a flush.</param>
    /// <param name="length">Bytes; 0 for a flush.</param>
    /// <returns>Null to hand the operation on to the device beneath (now, or whenever this completes), or how it ends instead.</returns>
    protected abstract ValueTask<IoResult?> BeforeAsync(IoOperations operation, long offset, long length);

    /// <summary>Counts an operation as meddled with.</summary>
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
