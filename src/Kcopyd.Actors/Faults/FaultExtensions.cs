namespace Kcopyd.Actors.Faults;

/// <summary>
/// Adds fault layers to a device, in the order of the calls: the last layer sees an operation first. Each layer owns the underlying device and disposes it;
/// to leave that device open, create the layer with its constructor and <c>leaveOpen: true</c>.
/// </summary>
public static class FaultExtensions
{
    /// <summary>Bad ranges: reads, writes, zeroes and discards that touch one fail with <see cref="IoError.Io"/>.</summary>
    public static ErrorByRangeDevice WithErrors(this IBlockDevice device, params ByteRange[] bad) => new(device, bad);

    /// <inheritdoc cref="ErrorByRangeDevice(IBlockDevice, IEnumerable{ByteRange}, IoError, IoOperations, bool, bool)"/>
    public static ErrorByRangeDevice WithErrors(this IBlockDevice device, IEnumerable<ByteRange> bad, IoError error = IoError.Io,
        IoOperations operations = IoOperations.Transfers, bool partial = false) => new(device, bad, error, operations, partial);

    /// <inheritdoc cref="ErrorByRateDevice(IBlockDevice, double, int, IoError, IoOperations, bool)"/>
    public static ErrorByRateDevice WithErrorRate(this IBlockDevice device, double probability, int seed = 0, IoError error = IoError.Io,
        IoOperations operations = IoOperations.Transfers) => new(device, probability, seed, error, operations);

    /// <inheritdoc cref="ErrorByCountDevice(IBlockDevice, long, long, IoError, IoOperations, bool)"/>
    public static ErrorByCountDevice WithErrorAt(this IBlockDevice device, long first, long count = 1, IoError error = IoError.Io,
        IoOperations operations = IoOperations.Transfers) => new(device, first, count, error, operations);

    /// <summary>Every flush fails, as on a disk that loses its cache.</summary>
    public static ErrorByCountDevice WithFlushError(this IBlockDevice device, IoError error = IoError.Io) =>
        new(device, 1, long.MaxValue, error, IoOperations.Flush);

    /// <inheritdoc cref="FlakeyDevice(IBlockDevice, TimeSpan, TimeSpan, IoError, IoOperations, TimeProvider, bool)"/>
    public static FlakeyDevice WithFlakiness(this IBlockDevice device, TimeSpan up, TimeSpan down, IoError error = IoError.Io,
        IoOperations operations = IoOperations.All, TimeProvider? time = null) => new(device, up, down, error, operations, time);

    /// <inheritdoc cref="DelayDevice(IBlockDevice, TimeSpan, IoOperations, TimeProvider, bool)"/>
    public static DelayDevice WithDelay(this IBlockDevice device, TimeSpan delay, IoOperations operations = IoOperations.All,
        TimeProvider? time = null) => new(device, delay, operations, time);

    /// <inheritdoc cref="StallDevice(IBlockDevice, IoOperations, bool)"/>
    public static StallDevice WithStall(this IBlockDevice device, IoOperations operations = IoOperations.All) => new(device, operations);

    /// <inheritdoc cref="ShortTransferDevice(IBlockDevice, int, int?, IoOperations, bool)"/>
    public static ShortTransferDevice WithShortTransfers(this IBlockDevice device, int maxBytes = int.MaxValue, int? seed = null,
        IoOperations operations = IoOperations.Read | IoOperations.Write) => new(device, maxBytes, seed, operations);

    /// <inheritdoc cref="CrashDevice(IBlockDevice, long, IoOperations, Func{Exception}, bool)"/>
    public static CrashDevice WithCrash(this IBlockDevice device, long first = 1, IoOperations operations = IoOperations.All,
        Func<Exception>? exception = null) => new(device, first, operations, exception);

    /// <inheritdoc cref="VolatileCacheDevice(IBlockDevice, int?, bool, bool)"/>
    public static VolatileCacheDevice WithVolatileCache(this IBlockDevice device, int? seed = null, bool tearsBlocks = false, bool leaveOpen = false) =>
        new(device, seed, tearsBlocks, leaveOpen);
}
