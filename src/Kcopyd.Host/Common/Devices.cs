using Kcopyd.Actors;

namespace Kcopyd.Host.Common;

/// <summary>Opens devices, and says what is wrong in the words of the command line.</summary>
internal static class Devices
{
    /// <exception cref="UsageException">It cannot be opened.</exception>
    public static FileBlockDevice Open(Target target, BlockDeviceOptions options)
    {
        try
        {
            var device = BlockDevice.Open(target.Path, options);
            CommandLog.Debug(Describe(target, device, options));
            return device;
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            throw Refusal(target, refused, options);
        }
    }

    /// <summary>Why a device cannot be opened, with the remedies of the command line.</summary>
    public static UsageException Refusal(Target target, Exception refused, BlockDeviceOptions options) => new(refused switch
    {
        FileNotFoundException => $"{target} does not exist.",
        DirectoryNotFoundException => $"{target} cannot be created: its directory does not exist.",
        UnauthorizedAccessException => $"{target} cannot be opened for {(options.ReadOnly ? "reading" : "writing")}: you may not, or its file system is read-only.",
        DeviceOpenException { Reason: var reason } => reason switch
        {
            DeviceOpenError.HasNoDirectIo => $"{target} is on a file system without direct I/O; use --io buffered.",
            DeviceOpenError.IsDirectory => $"{target} is a directory; name a file or a device.",
            DeviceOpenError.HasNoOffsets => $"{target} is a pipe, a socket or a terminal; name a file or a device.",
            DeviceOpenError.HasNoLength => $"{target} has a length of 0 and yet has content, as files under /proc: it cannot be used as a device.",
            DeviceOpenError.Exists => $"{target} was created by somebody else just now; run the command again.",
            DeviceOpenError.Changed => $"{target} was replaced while it was being opened; run the command again.",
            _ => $"{target}: {refused.Message}",
        },
        _ => $"{target}: {refused.Message}",
    });

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

    // The path that its I/O takes, and why that one.
    private static string Describe(Target target, FileBlockDevice device, BlockDeviceOptions options)
    {
        var kind = device.IsRegularFile ? "a file" : (device.Features & DeviceFeatures.Sink) != 0 ? "a character device" : "a block device";
        var path = device.IsDirect ? $"direct I/O in multiples of {device.Alignment} bytes" : "I/O through the page cache";
        var reason = options.Io == IoMode.Direct ? device.IsDirect ? ", as --io says" : ", because it has no medium"
            : options.Io == IoMode.Buffered ? ", as --io says or the copy needs"
            : device.IsDirect ? ", as for every block device"
            : device.IsRegularFile ? ", as for every file"
            : ", because it has no direct I/O";
        return $"{target}: {kind} of {device.Length} bytes{(device.IsReadOnly ? ", read only" : "")}: {path}{reason}.";
    }

    private static bool Suits(FileBlockDevice device, long start, long length) =>
        start % device.Alignment == 0 && (length % device.Alignment == 0 || start + length == device.Length);
}
