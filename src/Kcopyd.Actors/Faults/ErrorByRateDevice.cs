namespace Kcopyd.Actors.Faults;

/// <summary>
/// Fails operations at random. The outcome of the nth operation depends only on the seed and n: a run with the same order of operations has the same errors,
/// and a retry is a new operation that may succeed.
/// </summary>
public sealed class ErrorByRateDevice : ErrorLayer
{
    private readonly double _probability;
    private readonly SeededFates _fates;

    /// <summary>Creates the device.</summary>
    /// <param name="inner">The underlying device.</param>
    /// <param name="probability">The probability that an operation fails, 0 to 1.</param>
    /// <param name="seed">Determines the sequence of outcomes.</param>
    /// <param name="error">The error that operations fail with.</param>
    /// <param name="operations">The operations that can fail.</param>
    /// <param name="leaveOpen">False, the default, if the layer also disposes the underlying device.</param>
    /// <exception cref="ArgumentOutOfRangeException">The probability is not between 0 and 1.</exception>
    public ErrorByRateDevice(IBlockDevice inner, double probability, int seed = 0, IoError error = IoError.Io,
        IoOperations operations = IoOperations.Transfers, bool leaveOpen = false)
        : base(inner, error, operations, leaveOpen)
    {
        if (probability is not (>= 0 and <= 1))
            throw new ArgumentOutOfRangeException(nameof(probability), probability, "A probability is between 0 and 1.");
        _probability = probability;
        _fates = new SeededFates(seed);
    }

    /// <inheritdoc/>
    protected override bool Fails(IoOperations operation, long offset, long length) => _fates.Next() < _probability;
}
