namespace Kcopyd.Actors.Devices;

/// <summary>
/// Why an I/O failed. Values below 1000 are Linux errno numbers (asm-generic/errno.h), passed through
/// unchanged, so a number that has no name here is still the kernel's own; values from 1000 are this library's.
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
    /// <summary>EOPNOTSUPP: the device does not have this operation.</summary>
    NotSupported = 95,
    /// <summary>ETIMEDOUT: the device did not answer in time.</summary>
    TimedOut = 110,
    /// <summary>EDQUOT: the quota is used up.</summary>
    QuotaExceeded = 122,
    /// <summary>ECANCELED: the job was cancelled before this destination was whole.</summary>
    Cancelled = 125,
    /// <summary>The device ended before the transfer was whole.</summary>
    EndOfDevice = 1000,
    /// <summary>What was read back differs from what was written.</summary>
    VerifyMismatch = 1001,
    /// <summary>The worker actor of this destination crashed: a bug in a device, or a device that vanished.</summary>
    WorkerCrashed = 1002,
    /// <summary>The client was stopped while the job was waiting or running.</summary>
    ClientStopped = 1003,
}
