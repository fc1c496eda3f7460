using Kcopyd.Actors;
using Kcopyd.Actors.IO;

namespace Kcopyd.Host.Common;

/// <summary>Opens devices, and reports errors in the terms of the command line.</summary>
internal static class DeviceOpening
{
    /// <exception cref="UsageException">The device cannot be opened.</exception>
    public static FileBlockDevice Open(Operand operand, BlockDeviceOptions options)
    {
        try
        {
            var device = BlockDevice.Open(operand.Path, options);
            CommandLog.Debug(Describe(operand, device, options));
            return device;
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            throw Refusal(operand, refused, options);
        }
    }

    /// <summary>Explains why a device cannot be opened, and names the command-line remedy.</summary>
    public static UsageException Refusal(Operand operand, Exception refused, BlockDeviceOptions options) => new(refused switch
    {
        DeviceOpenException unusable => Sentence(operand, unusable) ?? $"{operand}: {ForeignText.Phrase(refused.Message)}.",
        FileNotFoundException => $"{operand} does not exist.",
        DirectoryNotFoundException => $"{operand} cannot be created: its directory does not exist.",
        UnauthorizedAccessException => $"{operand} cannot be opened for {(options.ReadOnly ? "reading" : "writing")}: "
            + "permission denied, or its file system is read-only.",
        _ => $"{operand}: {ForeignText.Phrase(refused.Message)}.",
    });

    /// <summary>Explains why a file cannot be used, as part of a sentence that names the file.</summary>
    public static string Cause(Exception refused) => refused switch
    {
        UnauthorizedAccessException => "permission denied, or its file system is read-only",
        DirectoryNotFoundException => "its directory does not exist",
        DeviceOpenException { Reason: DeviceOpenError.Other } unusable => LibC.Message(unusable.HResult),
        _ => ForeignText.Phrase(refused.Message),
    };

    /// <returns>The message; null if there is none for the reason.</returns>
    internal static string? Sentence(Operand operand, DeviceOpenException unusable) => unusable.Reason switch
    {
        DeviceOpenError.Other => $"{operand} cannot be opened: {LibC.Message(unusable.HResult)} (errno {unusable.HResult}).",
        DeviceOpenError.HasNoDirectIo => $"{operand} is on a file system without direct I/O; use --io buffered.",
        DeviceOpenError.IsDirectory => $"{operand} is a directory; name a file or a device.",
        DeviceOpenError.HasNoOffsets => $"{operand} is a pipe, a socket or a terminal; name a file or a device.",
        DeviceOpenError.HasNoLength => $"{operand} has a length of 0 but has content, like files under /proc: it cannot be used as a device.",
        DeviceOpenError.TooSmall => $"{operand} has {unusable.Length} bytes, and {unusable.Needed} are needed; use a larger device or copy less.",
        DeviceOpenError.Exists => $"{operand} was just created by another process; run the command again.",
        DeviceOpenError.Changed => $"{operand} was replaced while it was being opened; run the command again.",
        _ => null,
    };

    /// <summary>Opens a device for a region. If the alignment of the device does not suit the region, the device is opened buffered;
    /// <see cref="IoMode.Direct"/> fails instead.</summary>
    /// <exception cref="UsageException">The device cannot be opened, or not in this mode.</exception>
    public static async Task<FileBlockDevice> OpenForAsync(Operand operand, long length, BlockDeviceOptions options)
    {
        var device = Open(operand, options);
        if (Suits(device, operand.Start, length))
            return device;
        var alignment = device.Alignment;
        await device.DisposeAsync().ConfigureAwait(false);
        if (options.Io == IoMode.Direct)
            throw new UsageException($"{operand}: direct I/O requires multiples of {alignment} bytes, and this is {operand.Start}+{length}; "
                + "align the region or use --io buffered.");
        return Open(operand, options with { Io = IoMode.Buffered });
    }

    // The I/O path of the device, and the reason for it.
    private static string Describe(Operand operand, FileBlockDevice device, BlockDeviceOptions options)
    {
        var kind = device.IsRegularFile ? "a file" : (device.Features & DeviceFeatures.Sink) != 0 ? "a character device" : "a block device";
        var path = device.IsDirect ? $"direct I/O in multiples of {device.Alignment} bytes" : "I/O through the page cache";
        var reason = options.Io == IoMode.Direct ? device.IsDirect ? ", as --io says" : ", because it has no medium"
            : options.Io == IoMode.Buffered ? ", as --io says or the copy needs"
            : device.IsDirect ? ", as for every block device"
            : device.IsRegularFile ? ", as for every file"
            : ", because it has no direct I/O";
        return $"{operand}: {kind} of {device.Length} bytes{(device.IsReadOnly ? ", read only" : "")}: {path}{reason}.";
    }

    private static bool Suits(FileBlockDevice device, long start, long length) =>
        start % device.Alignment == 0 && (length % device.Alignment == 0 || start + length == device.Length);
}
