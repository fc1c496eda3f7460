namespace Kcopyd.Actors;

/// <summary>How <see cref="BlockDevice.Open"/> opens a path.</summary>
public sealed record BlockDeviceOptions
{
    /// <summary>Whether I/O goes through the page cache. A character device has none: there the mode does not matter.</summary>
    public IoMode Io { get; init; }

    /// <summary>Opens for reading only; no permission to write is needed.</summary>
    public bool ReadOnly { get; init; }

    /// <summary>Creates a regular file if nothing has that name. The new name is on stable storage after the first good flush.</summary>
    public bool Create { get; init; }

    /// <summary>Creates a regular file, and fails if anything has that name: whoever succeeds is the one that created it.</summary>
    public bool CreateNew { get; init; }

    /// <summary>Permissions of a file that is created, less the process's umask; <c>rw-rw-rw-</c> if null.</summary>
    public UnixFileMode? CreateMode { get; init; }

    /// <summary>
    /// Bytes that the device must have. A regular file that is shorter grows (sparsely) to it and one that is longer stays as it is;
    /// a block device that is smaller is refused. 0 takes the device as it is.
    /// </summary>
    public long Length { get; init; }

    /// <summary>A regular file grows with every write past its end, and its <see cref="FileBlockDevice.Length"/> is <see cref="long.MaxValue"/>: for a
    /// destination whose size only the end of a stream tells. Nothing else can grow, and ignores it.</summary>
    public bool Grows { get; init; }

    /// <summary>Empties a regular file before it grows to <see cref="Length"/>: what it held is lost. Nothing else can be truncated,
    /// and ignores it.</summary>
    public bool Truncate { get; init; }
}
