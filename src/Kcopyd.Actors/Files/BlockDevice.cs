using Kcopyd.Actors.Files;

namespace Kcopyd.Actors;

/// <summary>Makes devices.</summary>
public static class BlockDevice
{
    /// <summary>
    /// Opens a regular file; on Linux also a block device, or a character device such as /dev/null as a sink. May block while the file system works.
    /// </summary>
    /// <param name="path">The path; symbolic links are followed.</param>
    /// <param name="options">How to open it; by default for reading and writing through the page cache, and it must exist.</param>
    /// <exception cref="ArgumentException">The options contradict each other, or the length is negative.</exception>
    /// <exception cref="FileNotFoundException">Nothing has that name, and it is not to be created.</exception>
    /// <exception cref="DirectoryNotFoundException">It is to be created, but its directory does not exist.</exception>
    /// <exception cref="UnauthorizedAccessException">The kernel does not permit it.</exception>
    /// <exception cref="PlatformNotSupportedException">Direct I/O or a device is asked for where only plain files are supported, which is everywhere but on
    /// Linux.</exception>
    /// <exception cref="DeviceOpenException">It is too small, is a directory, cannot do direct I/O, or failed to open.</exception>
    public static FileBlockDevice Open(string path, BlockDeviceOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        options ??= new BlockDeviceOptions();
        ArgumentOutOfRangeException.ThrowIfNegative(options.Length);
        if (options.ReadOnly && (options.Create || options.CreateNew || options.Truncate || options.Grows))
            throw new ArgumentException("A device that is opened with ReadOnly = true cannot be created or truncated, and cannot grow; drop one of the two.", nameof(options));
        return OperatingSystem.IsLinux() ? new LinuxFileDevice(new FileOpening(path, options)) : new PortableFileDevice(path, options);
    }

    /// <summary>A source that is read once, from the begin of a stream to its end: <c>client.CopyAsync(stream.ToEnd(), [disk.ToEnd()])</c>.</summary>
    /// <inheritdoc cref="StreamSource(Stream, string, bool)"/>
    public static StreamSource FromStream(Stream stream, string name = "stream", bool leaveOpen = false) => new(stream, name, leaveOpen);

    /// <summary>A destination that is written in order.</summary>
    /// <inheritdoc cref="StreamSink(Stream, string, bool)"/>
    public static StreamSink ToStream(Stream stream, string name = "stream", bool leaveOpen = false) => new(stream, name, leaveOpen);

    /// <summary>A device of zeroes in memory.</summary>
    /// <inheritdoc cref="MemoryBlockDevice(long, int, int, bool, string)"/>
    public static MemoryBlockDevice Memory(long length, int logicalBlockSize = 512, int alignment = 1, bool readOnly = false, string name = "memory") =>
        new(length, logicalBlockSize, alignment, readOnly, name);

    /// <summary>A part of another device.</summary>
    /// <inheritdoc cref="RangeBlockDevice(IBlockDevice, long, long, bool)"/>
    public static RangeBlockDevice Range(IBlockDevice inner, long offset, long length, bool leaveOpen = true) =>
        new(inner, offset, length, leaveOpen);

    /// <summary>A device that reads as zeroes and forgets what is written.</summary>
    /// <inheritdoc cref="NullBlockDevice(long, string)"/>
    public static NullBlockDevice Null(long length = long.MaxValue, string name = "null") => new(length, name);
}
