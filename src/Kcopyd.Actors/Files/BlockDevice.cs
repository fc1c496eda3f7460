using Kcopyd.Actors.Files;

namespace Kcopyd.Actors;

/// <summary>Creates block devices.</summary>
public static class BlockDevice
{
    /// <summary>Opens a regular file; on Linux, also a block device, or a character device such as /dev/null as a sink. May block on the file system.</summary>
    /// <param name="path">The path; symbolic links are followed.</param>
    /// <param name="options">How to open it; by default an existing file, for reading and writing through the page cache.</param>
    /// <exception cref="ArgumentException">The options contradict each other, or the length is negative.</exception>
    /// <exception cref="FileNotFoundException">The path does not exist, and the options do not create it.</exception>
    /// <exception cref="DirectoryNotFoundException">The options create the file, but its directory does not exist.</exception>
    /// <exception cref="UnauthorizedAccessException">The kernel denies access.</exception>
    /// <exception cref="PlatformNotSupportedException">Direct I/O or a device is requested on a system other than Linux, where only regular files are
    /// supported.</exception>
    /// <exception cref="DeviceOpenException">The device is too small, is a directory, does not support direct I/O, or failed to open.</exception>
    public static FileBlockDevice Open(string path, BlockDeviceOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        options ??= new BlockDeviceOptions();
        ArgumentOutOfRangeException.ThrowIfNegative(options.Length);
        if (options.ReadOnly && (options.Create || options.CreateNew || options.Truncate || options.Grows))
            throw new ArgumentException(
                "A device opened with ReadOnly = true cannot be created or truncated, and cannot grow; remove one of the options.", nameof(options));
        return OperatingSystem.IsLinux() ? new LinuxFileDevice(new FileOpening(path, options)) : new PortableFileDevice(path, options);
    }

    /// <summary>A source that is read once, from the start of a stream to its end: <c>client.CopyAsync(stream.ToEnd(), [disk.ToEnd()])</c>.</summary>
    /// <inheritdoc cref="StreamSource(Stream, string, bool)"/>
    public static StreamSource FromStream(Stream stream, string name = "stream", bool leaveOpen = false) => new(stream, name, leaveOpen);

    /// <summary>A destination that is written in order.</summary>
    /// <inheritdoc cref="StreamSink(Stream, string, bool)"/>
    public static StreamSink ToStream(Stream stream, string name = "stream", bool leaveOpen = false) => new(stream, name, leaveOpen);

    /// <summary>A device in memory that initially reads as zeroes.</summary>
    /// <inheritdoc cref="MemoryBlockDevice(long, int, int, bool, string)"/>
    public static MemoryBlockDevice Memory(long length, int logicalBlockSize = 512, int alignment = 1, bool readOnly = false, string name = "memory") =>
        new(length, logicalBlockSize, alignment, readOnly, name);

    /// <summary>A part of another device.</summary>
    /// <inheritdoc cref="RangeBlockDevice(IBlockDevice, long, long, bool)"/>
    public static RangeBlockDevice Range(IBlockDevice inner, long offset, long length, bool leaveOpen = true) =>
        new(inner, offset, length, leaveOpen);

    /// <summary>A device that reads as zeroes and discards what is written.</summary>
    /// <inheritdoc cref="NullBlockDevice(long, string)"/>
    public static NullBlockDevice Null(long length = long.MaxValue, string name = "null") => new(length, name);
}
