using System.Runtime.Versioning;
using Kcopyd.Actors.IO;

namespace Kcopyd.Actors.Files;

/// <summary>A regular file, whatever name it was opened by.</summary>
internal sealed record FileIdentity(uint Major, uint Minor, ulong Inode);

/// <summary>A block device, whatever node it was opened by.</summary>
internal sealed record DiskIdentity(uint Major, uint Minor)
{
    public static DiskIdentity Of(in FileStatus status) => new(status.SpecialMajor, status.SpecialMinor);
}

[SupportedOSPlatform("linux")]
internal static class StorageIdentity
{
    private const uint LoopMajor = 7;

    /// <summary>The identity of a file or block device; null for a file that stores nothing.</summary>
    public static object? Of(in FileStatus status) => status.Kind switch
    {
        FileKind.Regular => new FileIdentity(status.DeviceMajor, status.DeviceMinor, status.Inode),
        FileKind.Block => DiskIdentity.Of(status),
        _ => null,
    };

    /// <summary>
    /// The location of the first byte. A partition is located on its disk and a loop device in its backing file, so that a copy of a file onto the loop device
    /// over it is recognized as overlapping.
    /// </summary>
    public static StorageLocation Locate(FileDescriptor fd, in FileStatus status)
    {
        if (status.Kind != FileKind.Block)
            return new StorageLocation(Of(status), 0);
        var (disk, start) = SysBlock.PartitionOf(DiskIdentity.Of(status)) ?? (DiskIdentity.Of(status), 0);
        return disk.Major == LoopMajor && LibC.LoopStatus(fd, out var loop) == 0
            ? new StorageLocation(Behind(loop), start + (long)loop.Offset)
            : new StorageLocation(disk, start);
    }

    /// <summary>True if a loop device is set up over the file or block device that the path names now.</summary>
    public static bool IsBehind(string loopDevice, string path)
    {
        using var fd = LibC.Open(loopDevice, LibC.O_RDONLY | LibC.O_NONBLOCK, out _);
        return fd is not null && LibC.LoopStatus(fd, out var loop) == 0 && LibC.Status(path, out var status) == 0 && Behind(loop).Equals(Of(status));
    }

    private static object Behind(in LoopStatus loop) => loop.BackingDisk != 0
        ? new DiskIdentity(Major(loop.BackingDisk), Minor(loop.BackingDisk))
        : new FileIdentity(Major(loop.FileSystem), Minor(loop.FileSystem), loop.Inode);

    // The kernel's encoding of a device number: 12 bits of major between 8 low and 12 high bits of minor.
    private static uint Major(ulong device) => (uint)(device >> 8) & 0xFFF;

    private static uint Minor(ulong device) => (uint)(device & 0xFF) | ((uint)(device >> 12) & 0xFFF00);
}
