namespace Kcopyd.Actors;

/// <summary>The run that begins at an offset of a device: either data, or known to read as zeroes without being read.</summary>
/// <param name="Length">Bytes from the requested offset, at most as many as requested. Adjacent runs may be of the same kind.</param>
/// <param name="IsZero">True if the run is known to read as zeroes. Data may also be zero.</param>
/// <param name="Error">Why the device cannot tell; <see cref="IoError.None"/> if it can. The caller then treats the run as data.</param>
public readonly record struct ExtentResult(long Length, bool IsZero, IoError Error)
{
    /// <summary>A run of data of <paramref name="length"/> bytes.</summary>
    public static ExtentResult Data(long length) => new(length, false, IoError.None);

    /// <summary>A run of <paramref name="length"/> bytes that reads as zeroes.</summary>
    public static ExtentResult Zero(long length) => new(length, true, IoError.None);

    /// <summary>The device cannot tell.</summary>
    public static ExtentResult Failure(IoError error) => new(0, false, error);
}
