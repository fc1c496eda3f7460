namespace Kcopyd.Actors;

/// <summary>A path exists, and cannot be opened as a block device in the way that was asked for.</summary>
/// <remarks>What .NET has exceptions for is reported by those: <see cref="FileNotFoundException"/>, <see cref="DirectoryNotFoundException"/>,
/// <see cref="UnauthorizedAccessException"/>.</remarks>
public sealed class DeviceOpenException : IOException
{
    internal DeviceOpenException(DeviceOpenError reason, string path, string message, int errno = 0) : base(message)
    {
        (Reason, Path) = (reason, path);
        if (errno != 0)
            HResult = errno;    // as .NET's own I/O exceptions on Linux have it
    }

    /// <summary>What is wrong, for callers that react to it.</summary>
    public DeviceOpenError Reason { get; }

    /// <summary>The path as it was given.</summary>
    public string Path { get; }

    /// <summary>Bytes that the device has, for <see cref="DeviceOpenError.TooSmall"/>.</summary>
    public long Length { get; init; }

    /// <summary>Bytes that were asked for, see <see cref="BlockDeviceOptions.Length"/>, for <see cref="DeviceOpenError.TooSmall"/>.</summary>
    public long Needed { get; init; }
}

/// <summary>Why a path cannot be opened as a block device.</summary>
public enum DeviceOpenError
{
    /// <summary>The kernel refused for another reason, which is in <see cref="Exception.HResult"/> (errno) and in the message.</summary>
    Other,
    /// <summary>It is a directory.</summary>
    IsDirectory,
    /// <summary>It is a pipe, a socket, a terminal or anything else without offsets.</summary>
    HasNoOffsets,
    /// <summary>It is a regular file whose length reads as zero and that has content, as under <c>/proc</c>.</summary>
    HasNoLength,
    /// <summary><see cref="BlockDeviceOptions.CreateNew"/> was set, and something has that name already.</summary>
    Exists,
    /// <summary>It is a block device, and smaller than <see cref="BlockDeviceOptions.Length"/>.</summary>
    TooSmall,
    /// <summary>Its file system has no direct I/O, and <see cref="IoMode.Direct"/> was asked for.</summary>
    HasNoDirectIo,
    /// <summary>Somebody replaced it while it was being opened.</summary>
    Changed,
}
