namespace Kcopyd.Actors;

/// <summary>How <see cref="BlockDevice.Open"/> opens a path.</summary>
public sealed record BlockDeviceOptions
{
    /// <summary>Whether I/O goes through the page cache. A character device has none and ignores the mode.</summary>
    public IoMode Io { get; init; }

    /// <summary>Opens for reading only; requires no write permission.</summary>
    public bool ReadOnly { get; init; }

    /// <summary>Creates a regular file if the path does not exist. The new name is on stable storage after the first successful flush.</summary>
    public bool Create { get; init; }

    /// <summary>Creates a regular file, and fails if the path exists: success means that this call created the file.</summary>
    public bool CreateNew { get; init; }

    /// <summary>Permissions of a created file, minus the process's umask; <c>rw-rw-rw-</c> if null.</summary>
    public UnixFileMode? CreateMode { get; init; }

    /// <summary>
    /// Minimum length in bytes. A shorter regular file grows (sparsely) to it, and a longer one keeps its length; a smaller block device is refused. 0 accepts
    /// any length.
    /// </summary>
    public long Length { get; init; }

    /// <summary>A regular file grows with every write past its end, and its <see cref="FileBlockDevice.Length"/> is <see cref="long.MaxValue"/>: for a
    /// destination whose size is unknown until a stream ends. Other devices cannot grow and ignore this option.</summary>
    public bool Grows { get; init; }

    /// <summary>Empties a regular file before it grows to <see cref="Length"/>: its content is lost. Other devices cannot be truncated and ignore this
    /// option.</summary>
    public bool Truncate { get; init; }
}
