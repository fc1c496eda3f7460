namespace Kcopyd.Actors.Faults;

/// <summary>A layer that fails some operations whole, without touching the device beneath.</summary>
/// <param name="inner">The device beneath.</param>
/// <param name="error">The error that operations fail with.</param>
/// <param name="operations">The operations that can fail.</param>
/// <param name="leaveOpen">False, the default, if the layer disposes the device beneath with itself.</param>
public abstract class ErrorLayer(IBlockDevice inner, IoError error, IoOperations operations, bool leaveOpen = false)
    : FaultLayer(inner, operations, leaveOpen)
{
    /// <summary>The error that operations fail with.</summary>
    public IoError Error { get; } = error;

    /// <summary>True if this operation fails. Called once for each operation, from any thread.</summary>
    /// <param name="operation">Which one.</param>
    /// <param name="offset">Byte offset; 0 for a flush.</param>
    /// <param name="length">Bytes; 0 for a flush.</param>
    protected abstract bool Fails(IoOperations operation, long offset, long length);

    /// <inheritdoc/>
    protected sealed override ValueTask<IoResult?> BeforeAsync(IoOperations operation, long offset, long length)
    {
        if (!Fails(operation, offset, length))
            return default;
        CountInjected();
        return new(IoResult.Failure(Error));
    }
}
