namespace Kcopyd.Actors;

/// <summary>The meaning of an <see cref="IoError"/>. This is the only table of the errors that mean a bad block and of those that mean a device is
/// gone.</summary>
public static class IoErrors
{
    /// <summary>
    /// True if the medium could not carry out this I/O but may carry out others: a smaller one is worth trying, and so are the blocks after it. The block
    /// layer of Linux has several errno values for that (block/blk-core.c: EIO, ENODATA for the medium, EILSEQ for protection information, EREMOTEIO for the
    /// target, ETIMEDOUT); file systems have two for a bad checksum (EUCLEAN, EBADMSG).
    /// </summary>
    /// <param name="error">The error of an I/O.</param>
    public static bool IsBadBlock(this IoError error) => error is IoError.Io or IoError.MediumError or IoError.IntegrityError or IoError.TargetError
        or IoError.TimedOut or IoError.Corrupted or IoError.BadChecksum;

    /// <summary>
    /// True if the device is gone: every further I/O would fail, and data that was not read is not necessarily unreadable. A disk was pulled (ENXIO, ENODEV,
    /// ENOMEDIUM, ENOLINK), a file shrank, a server or the process behind a FUSE file system is gone (ESHUTDOWN, ENOTCONN, ECONNABORTED, ESTALE), or the
    /// device was closed.
    /// </summary>
    /// <param name="error">The error of an I/O.</param>
    public static bool IsDeviceGone(this IoError error) => error is IoError.NoSuchAddress or IoError.NoDevice or IoError.NoMedium or IoError.LinkLost
        or IoError.EndOfDevice or IoError.Shutdown or IoError.NotConnected or IoError.ConnectionAborted or IoError.Stale or IoError.Closed;

    /// <summary>Describes the error for a message, with the errno if it has one: "Input/output error (errno 5)".</summary>
    /// <param name="error">The error of an I/O.</param>
    public static string Describe(this IoError error)
    {
        var words = error switch
        {
            IoError.NotPermitted => "Operation not permitted",
            IoError.Io => "Input/output error",
            IoError.NoSuchAddress => "No such device or address",
            IoError.Closed => "The file or device was closed",
            IoError.NoMemory => "Cannot allocate memory",
            IoError.AccessDenied => "Permission denied",
            IoError.Busy => "Device or resource busy",
            IoError.NoDevice => "No such device",
            IoError.Invalid => "Invalid argument",
            IoError.TooLarge => "File too large",
            IoError.NoSpace => "No space left on device",
            IoError.ReadOnly => "Read-only file system or device",
            IoError.BrokenPipe => "Broken pipe",
            IoError.MediumError => "Critical medium error",
            IoError.LinkLost => "Link to the device lost",
            IoError.BadChecksum => "Bad checksum",
            IoError.IntegrityError => "Protection information does not match",
            IoError.NotSupported => "Operation not supported",
            IoError.ConnectionAborted => "Connection aborted",
            IoError.NotConnected => "Not connected",
            IoError.Shutdown => "Connection or server shut down",
            IoError.TimedOut => "Timed out",
            IoError.Stale => "Stale file handle",
            IoError.Corrupted => "Structure needs cleaning",
            IoError.TargetError => "Remote I/O error",
            IoError.QuotaExceeded => "Disk quota exceeded",
            IoError.NoMedium => "No medium found",
            IoError.Cancelled => "the job was cancelled",
            IoError.EndOfDevice => "the device ended before the transfer was whole",
            IoError.VerifyMismatch => "what was read back differs from the source",
            IoError.WorkerCrashed => "its worker crashed (a bug in the device, or a device that vanished); the log has the exception",
            IoError.ClientStopped => "the client was stopped",
            _ => null,
        };
        return words is null ? $"errno {(int)error}" : error is >= IoError.EndOfDevice or IoError.Cancelled ? words : $"{words} (errno {(int)error})";
    }
}
