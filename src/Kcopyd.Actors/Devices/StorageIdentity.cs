using Kcopyd.Actors.IO;

namespace Kcopyd.Actors.Devices;

/// <summary>A regular file, by whatever name it was opened.</summary>
internal sealed record FileIdentity(uint Major, uint Minor, ulong Inode);

/// <summary>A block device, by whatever node it was opened.</summary>
internal sealed record DiskIdentity(uint Major, uint Minor);

internal static class StorageIdentity
{
    private const uint LoopMajor = 7;

    /// <summary>What the path names; null for what stores nothing.</summary>
    public static object? Of(in FileStatus status) => status.Kind switch
    {
        FileKind.Regular => new FileIdentity(status.DeviceMajor, status.DeviceMinor, status.Inode),
        FileKind.Block => new DiskIdentity(status.SpecialMajor, status.SpecialMinor),
        _ => null,
    };

    /// <summary>
    /// Where its first byte lives: a partition lives on its disk and a loop device in its backing file, so that a copy
    /// of a file onto the loop device over it is seen to overlap.
    /// </summary>
    public static StorageLocation Locate(FileDescriptor fd, in FileStatus status)
    {
        if (status.Kind != FileKind.Block)
            return new StorageLocation(Of(status), 0);
        var (disk, start) = SysBlock.PartitionOf(status) ?? (new DiskIdentity(status.SpecialMajor, status.SpecialMinor), 0);
        if (disk.Major != LoopMajor || LibC.LoopStatus(fd, out var loop) < 0)
            return new StorageLocation(disk, start);
        return new StorageLocation(
            loop.BackingDisk != 0
                ? new DiskIdentity(Major(loop.BackingDisk), Minor(loop.BackingDisk))
                : new FileIdentity(Major(loop.FileSystem), Minor(loop.FileSystem), loop.Inode),
            start + (long)loop.Offset);
    }

    // The kernel's encoding of a device number: 12 bits of major within 20 bits of minor.
    private static uint Major(ulong device) => (uint)(device >> 8) & 0xFFF;

    private static uint Minor(ulong device) => (uint)(device & 0xFF) | ((uint)(device >> 12) & 0xFFF00);
}
