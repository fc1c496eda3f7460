namespace Kcopyd.Actors;

/// <summary>A path exists but cannot be opened as a block device in the requested way.</summary>
/// <remarks>Errors for which .NET has an exception are reported by that exception: <see cref="FileNotFoundException"/>,
/// <see cref="DirectoryNotFoundException"/>, <see cref="UnauthorizedAccessException"/>.</remarks>
public sealed class DeviceOpenException : IOException
{
    internal DeviceOpenException(DeviceOpenError reason, string path, string message, int errno = 0) : base(message)
    {
        (Reason, Path) = (reason, path);
        if (errno != 0)
            HResult = errno;    // as in .NET's own I/O exceptions on Linux
    }

    /// <summary>The reason, for callers that handle it.</summary>
    public DeviceOpenError Reason { get; }

    /// <summary>The path as passed by the caller.</summary>
    public string Path { get; }

    /// <summary>The size of the device in bytes, for <see cref="DeviceOpenError.TooSmall"/>.</summary>
    public long Length { get; init; }

    /// <summary>The requested size in bytes, see <see cref="BlockDeviceOptions.Length"/>, for <see cref="DeviceOpenError.TooSmall"/>.</summary>
    public long Needed { get; init; }
}

/// <summary>Why a path cannot be opened as a block device.</summary>
public enum DeviceOpenError
{
    /// <summary>The kernel refused for another reason, given in <see cref="Exception.HResult"/> (errno) and in the message.</summary>
    Other,
    /// <summary>It is a directory.</summary>
    IsDirectory,
    /// <summary>It is a pipe, a socket, a terminal or anything else without offsets.</summary>
    HasNoOffsets,
    /// <summary>It is a regular file that reports a length of zero but has content, as under <c>/proc</c>.</summary>
    HasNoLength,
    /// <summary><see cref="BlockDeviceOptions.CreateNew"/> was set, and the name already exists.</summary>
    Exists,
    /// <summary>It is a block device smaller than <see cref="BlockDeviceOptions.Length"/>.</summary>
    TooSmall,
    /// <summary>Its file system does not support direct I/O, and <see cref="IoMode.Direct"/> was requested.</summary>
    HasNoDirectIo,
    /// <summary>It was replaced while it was being opened.</summary>
    Changed,
}
