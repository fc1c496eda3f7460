namespace Kcopyd.Actors;

/// <summary>
/// The outcome of an I/O: the bytes transferred from its start, and the error that ended it. An I/O error is data, never an exception.
/// </summary>
/// <param name="Bytes">Bytes transferred, counted from the start of the I/O. May be short without an error.</param>
/// <param name="Error">Why the I/O ended early; <see cref="IoError.None"/> if it did not fail.</param>
public readonly record struct IoResult(long Bytes, IoError Error)
{
    /// <summary>True if there was no error. The transfer can still be short.</summary>
    public bool IsSuccess => Error == IoError.None;

    /// <summary>A success of <paramref name="bytes"/> bytes.</summary>
    public static IoResult Success(long bytes) => new(bytes, IoError.None);

    /// <summary>A failure after <paramref name="bytes"/> bytes.</summary>
    public static IoResult Failure(IoError error, long bytes = 0) => new(bytes, error);
}
