namespace Kcopyd.Actors;

/// <summary>
/// A device on top of another device: every call passes through unless a derived class overrides it. Layers stack in any order, locate their bytes where they
/// are actually stored, and may be called from any thread, like the underlying device.
/// </summary>
/// <remarks>Operations that would bypass the layer are hidden, since its faults would not apply to them: holes are not reported and nothing is cloned. A
/// derived class that can intercept them adds the features again and overrides <see cref="MapAsync"/>, <see cref="CloneKinds"/> and
/// <see cref="CloneFromAsync"/>.</remarks>
/// <param name="inner">The underlying device.</param>
/// <param name="leaveOpen">False, the default, if the layer owns the underlying device and disposes it.</param>
public abstract class DeviceLayer(IBlockDevice inner, bool leaveOpen = false) : IBlockDevice
{
    /// <summary>The underlying device.</summary>
    public IBlockDevice Inner { get; } = inner ?? throw new ArgumentNullException(nameof(inner));

    /// <inheritdoc/>
    public virtual string Name => Inner.Name;

    /// <inheritdoc/>
    public virtual long Length => Inner.Length;

    /// <inheritdoc/>
    public virtual int LogicalBlockSize => Inner.LogicalBlockSize;

    /// <inheritdoc/>
    public virtual int Alignment => Inner.Alignment;

    /// <inheritdoc/>
    public virtual bool IsReadOnly => Inner.IsReadOnly;

    /// <inheritdoc/>
    public virtual DeviceFeatures Features => Inner.Features & ~(DeviceFeatures.Map | DeviceFeatures.Clone);

    /// <inheritdoc/>
    public virtual StorageLocation Locate(long offset) => Inner.Locate(offset);

    /// <inheritdoc/>
    public virtual ValueTask<IoResult> ReadAsync(long offset, Memory<byte> buffer) => Inner.ReadAsync(offset, buffer);

    /// <inheritdoc/>
    public virtual ValueTask<IoResult> WriteAsync(long offset, ReadOnlyMemory<byte> buffer) => Inner.WriteAsync(offset, buffer);

    /// <inheritdoc/>
    public virtual ValueTask<IoResult> WriteZeroesAsync(long offset, long length) => Inner.WriteZeroesAsync(offset, length);

    /// <summary>The layer's own <see cref="WriteZeroesAsync"/>.</summary>
    public virtual ValueTask<IoResult> PunchAsync(long offset, long length) => WriteZeroesAsync(offset, length);

    /// <summary>Reports everything as data.</summary>
    public virtual ValueTask<ExtentResult> MapAsync(long offset, long length) => new(ExtentResult.Data(length));

    /// <summary>Returns <see cref="OffloadKinds.None"/>.</summary>
    public virtual OffloadKinds CloneKinds(IBlockDevice source) => OffloadKinds.None;

    /// <summary>Returns <see cref="IoError.NotSupported"/>.</summary>
    public virtual ValueTask<IoResult> CloneFromAsync(IBlockDevice source, long sourceOffset, long offset, long length, OffloadKinds kind) =>
        new(IoResult.Failure(IoError.NotSupported));

    /// <inheritdoc/>
    public virtual ValueTask<IoResult> DiscardAsync(long offset, long length) => Inner.DiscardAsync(offset, length);

    /// <inheritdoc/>
    public virtual ValueTask<IoResult> FlushAsync() => Inner.FlushAsync();

    /// <inheritdoc/>
    public virtual ValueTask<IoResult> EvictAsync(long offset, long length) => Inner.EvictAsync(offset, length);

    /// <summary>Disposes the underlying device, unless it is to be left open.</summary>
    public virtual ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return leaveOpen ? ValueTask.CompletedTask : Inner.DisposeAsync();
    }
}
