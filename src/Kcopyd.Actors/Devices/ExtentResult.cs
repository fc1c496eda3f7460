namespace Kcopyd.Actors;

/// <summary>What begins at an offset of a device: a run that reads as zeroes without being read, or a run of data.</summary>
/// <param name="Length">Bytes from the offset that was asked for, at most as many as were asked for. Neighbours may be of the same kind.</param>
/// <param name="IsZero">True if the run is known to read as zeroes. Data may be zero, too.</param>
/// <param name="Error">Why the device cannot tell; <see cref="IoError.None"/> if it can. Who asks then takes it for data.</param>
public readonly record struct ExtentResult(long Length, bool IsZero, IoError Error)
{
    /// <summary>A run of data of <paramref name="length"/> bytes.</summary>
    public static ExtentResult Data(long length) => new(length, false, IoError.None);

    /// <summary>A run of <paramref name="length"/> bytes that reads as zeroes.</summary>
    public static ExtentResult Zero(long length) => new(length, true, IoError.None);

    /// <summary>The device cannot tell.</summary>
    public static ExtentResult Failure(IoError error) => new(0, false, error);
}
