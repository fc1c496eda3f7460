namespace Kcopyd.Actors.Faults;

/// <summary>A layer that fails some operations completely, without calling the underlying device.</summary>
/// <param name="inner">The underlying device.</param>
/// <param name="error">The error that operations fail with.</param>
/// <param name="operations">The operations that can fail.</param>
/// <param name="leaveOpen">False, the default, if the layer also disposes the underlying device.</param>
public abstract class ErrorLayer(IBlockDevice inner, IoError error, IoOperations operations, bool leaveOpen = false)
    : FaultLayer(inner, operations, leaveOpen)
{
    /// <summary>The error that operations fail with.</summary>
    public IoError Error { get; } = error;

    /// <summary>Returns whether an operation fails. Called once for each operation, from any thread.</summary>
    /// <param name="operation">The operation.</param>
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
