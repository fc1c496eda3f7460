using Kcopyd.Actors.Devices;

namespace Kcopyd.Host.Common;

/// <summary>Opens devices, and says what is wrong in the words of the command line.</summary>
internal static class Devices
{
    /// <exception cref="UsageException">It cannot be opened.</exception>
    public static FileBlockDevice Open(Target target, BlockDeviceOptions options)
    {
        try
        {
            return BlockDevice.Open(target.Path, options);
        }
        catch (FileNotFoundException)
        {
            throw new UsageException($"{target} does not exist.");
        }
        catch (UnauthorizedAccessException)
        {
            throw new UsageException($"{target} cannot be opened for {(options.ReadOnly ? "reading" : "writing")}: you may not, or its file system is read-only.");
        }
        catch (DirectoryNotFoundException)
        {
            throw new UsageException($"{target} cannot be created: its directory does not exist.");
        }
        catch (DeviceOpenException refused)
        {
            throw new UsageException(refused.Reason switch
            {
                DeviceOpenError.HasNoDirectIo => $"{target} is on a file system without direct I/O; use --io buffered.",
                DeviceOpenError.IsDirectory => $"{target} is a directory; name a file or a device.",
                DeviceOpenError.HasNoOffsets => $"{target} is a pipe, a socket or a terminal; name a file or a device.",
                DeviceOpenError.HasNoLength => $"{target} has a length of 0 and yet has content, as files under /proc: it cannot be read as a device.",
                DeviceOpenError.Exists => $"{target} was created by somebody else just now; run the command again.",
                DeviceOpenError.Changed => $"{target} was replaced while it was being opened; run the command again.",
                _ => $"{target}: {refused.Message}",
            });
        }
    }

    /// <summary>Opens a device for a region. In <see cref="IoMode.Auto"/>, a device whose alignment does not suit the region is opened
    /// buffered; what must be direct is refused.</summary>
    /// <exception cref="UsageException">It cannot be opened, or not so.</exception>
    public static async Task<FileBlockDevice> OpenForAsync(Target target, long length, BlockDeviceOptions options)
    {
        var device = Open(target, options);
        if (Suits(device, target.Start, length))
            return device;
        var alignment = device.Alignment;
        await device.DisposeAsync().ConfigureAwait(false);
        if (options.Io == IoMode.Direct)
            throw new UsageException($"{target}: direct I/O on it wants multiples of {alignment} bytes, and this is {target.Start}+{length}; align the region or use --io buffered.");
        return Open(target, options with { Io = IoMode.Buffered });
    }

    private static bool Suits(FileBlockDevice device, long start, long length) =>
        start % device.Alignment == 0 && (length % device.Alignment == 0 || start + length == device.Length);
}
