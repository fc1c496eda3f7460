namespace Kcopyd.Actors.Devices.Faults;

/// <summary>
/// A device over another device: everything goes through unless a derived class says otherwise. Layers stack in any order, are located
/// where their bytes really live, and may be called from any thread as the device beneath.
/// </summary>
/// <param name="inner">The device beneath.</param>
/// <param name="leaveOpen">False, the default, if the layer takes the place of the device and disposes it with itself.</param>
public abstract class DeviceLayer(IBlockDevice inner, bool leaveOpen = false) : IBlockDevice
{
    /// <summary>The device beneath.</summary>
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
    public virtual DeviceFeatures Features => Inner.Features;

    /// <inheritdoc/>
    public virtual StorageLocation Locate(long offset) => Inner.Locate(offset);

    /// <inheritdoc/>
    public virtual ValueTask<IoResult> ReadAsync(long offset, Memory<byte> buffer) => Inner.ReadAsync(offset, buffer);

    /// <inheritdoc/>
    public virtual ValueTask<IoResult> WriteAsync(long offset, ReadOnlyMemory<byte> buffer) => Inner.WriteAsync(offset, buffer);

    /// <inheritdoc/>
    public virtual ValueTask<IoResult> WriteZeroesAsync(long offset, long length) => Inner.WriteZeroesAsync(offset, length);

    /// <inheritdoc/>
    public virtual ValueTask<IoResult> DiscardAsync(long offset, long length) => Inner.DiscardAsync(offset, length);

    /// <inheritdoc/>
    public virtual ValueTask<IoResult> FlushAsync() => Inner.FlushAsync();

    /// <inheritdoc/>
    public virtual ValueTask<IoResult> EvictAsync(long offset, long length) => Inner.EvictAsync(offset, length);

    /// <summary>Disposes the device beneath, unless it was to be left open.</summary>
    public virtual ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        return leaveOpen ? ValueTask.CompletedTask : Inner.DisposeAsync();
    }
}
