namespace Kcopyd.Actors;

/// <summary>
/// Why an I/O failed. Values below 1000 are Linux errno numbers (asm-generic/errno.h), passed through unchanged, so a number without a name here still has
/// the kernel's meaning; values from 1000 are this library's.
/// </summary>
public enum IoError
{
    /// <summary>No error.</summary>
    None = 0,
    /// <summary>EPERM: the kernel does not permit the operation.</summary>
    NotPermitted = 1,
    /// <summary>EIO: the device could not read or write the medium.</summary>
    Io = 5,
    /// <summary>ENXIO: the device is gone or the offset does not exist on it.</summary>
    NoSuchAddress = 6,
    /// <summary>EBADF: the file or device was closed.</summary>
    Closed = 9,
    /// <summary>ENOMEM: the kernel has no memory for the operation.</summary>
    NoMemory = 12,
    /// <summary>EACCES: permission denied.</summary>
    AccessDenied = 13,
    /// <summary>EBUSY: the device is in use.</summary>
    Busy = 16,
    /// <summary>ENODEV: the device has vanished.</summary>
    NoDevice = 19,
    /// <summary>EINVAL: the device refuses this offset, length or memory alignment.</summary>
    Invalid = 22,
    /// <summary>EFBIG: the file cannot grow that large.</summary>
    TooLarge = 27,
    /// <summary>ENOSPC: no space left on the device.</summary>
    NoSpace = 28,
    /// <summary>EROFS: the device is read-only.</summary>
    ReadOnly = 30,
    /// <summary>EPIPE: the pipe has no reader any more.</summary>
    BrokenPipe = 32,
    /// <summary>ENODATA: the medium is bad at this position (a critical medium error of the block layer).</summary>
    MediumError = 61,
    /// <summary>ENOLINK: the transport to the device is lost.</summary>
    LinkLost = 67,
    /// <summary>EBADMSG: the file system found a bad checksum.</summary>
    BadChecksum = 74,
    /// <summary>EILSEQ: the data does not match its protection information.</summary>
    IntegrityError = 84,
    /// <summary>EOPNOTSUPP: the device does not support this operation.</summary>
    NotSupported = 95,
    /// <summary>ECONNABORTED: the connection to the device was aborted.</summary>
    ConnectionAborted = 103,
    /// <summary>ENOTCONN: the server of the device is gone.</summary>
    NotConnected = 107,
    /// <summary>ESHUTDOWN: the server of the device is shutting down.</summary>
    Shutdown = 108,
    /// <summary>ETIMEDOUT: the device did not answer in time.</summary>
    TimedOut = 110,
    /// <summary>ESTALE: the file was removed on its server.</summary>
    Stale = 116,
    /// <summary>EUCLEAN: the file system found damage.</summary>
    Corrupted = 117,
    /// <summary>EREMOTEIO: the target could not carry out the operation.</summary>
    TargetError = 121,
    /// <summary>EDQUOT: the quota is used up.</summary>
    QuotaExceeded = 122,
    /// <summary>ENOMEDIUM: there is no medium in the drive.</summary>
    NoMedium = 123,
    /// <summary>ECANCELED: the job was cancelled before this destination was complete.</summary>
    Cancelled = 125,
    /// <summary>The device ended before the transfer was complete.</summary>
    EndOfDevice = 1000,
    /// <summary>The data read back differs from the data written.</summary>
    VerifyMismatch = 1001,
    /// <summary>The worker actor of this destination crashed: a bug in a device, or a device that vanished.</summary>
    WorkerCrashed = 1002,
    /// <summary>The client was stopped while the job was waiting or running.</summary>
    ClientStopped = 1003,
}
