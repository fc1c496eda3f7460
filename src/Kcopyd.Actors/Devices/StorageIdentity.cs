using Kcopyd.Actors.IO;

namespace Kcopyd.Actors.Devices;

/// <summary>A regular file, by whatever name it was opened.</summary>
internal sealed record FileIdentity(uint Major, uint Minor, ulong Inode);

/// <summary>A block device, by whatever node it was opened.</summary>
internal sealed record DiskIdentity(uint Major, uint Minor);

internal static class StorageIdentity
{
    /// <summary>Null for what stores nothing.</summary>
    public static object? Of(in FileStatus status) => status.Kind switch
    {
        FileKind.Regular => new FileIdentity(status.DeviceMajor, status.DeviceMinor, status.Inode),
        FileKind.Block => new DiskIdentity(status.SpecialMajor, status.SpecialMinor),
        _ => null,
    };
}
