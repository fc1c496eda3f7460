using System.Numerics;
using System.Runtime.Versioning;
using Kcopyd.Actors.IO;

namespace Kcopyd.Actors.Files;

/// <summary>The file system of a file, as far as needed to determine whether two files share one.</summary>
/// <param name="Type">The kernel's magic number of its type; 0 if unknown.</param>
/// <param name="Major">The major part of its device number.</param>
/// <param name="Minor">The minor part of its device number.</param>
/// <param name="BlockSize">Bytes of a block: files share whole blocks only.</param>
internal readonly record struct FileSystem(long Type, uint Major, uint Minor, int BlockSize)
{
    private const long Tmpfs = 0x01021994, Ramfs = 0x858458F6;
    private const long Nfs = 0x6969, Smb = 0x517B, Cifs = 0xFF534D42, Smb2 = 0xFE534D42, Ceph = 0x00C36400, Btrfs = 0x9123683E;

    private const int DefaultBlockSize = 4096;

    /// <summary>True if the data is on another machine.</summary>
    public bool IsRemote => (uint)Type is (uint)Nfs or (uint)Smb or (uint)Cifs or (uint)Smb2 or (uint)Ceph;

    /// <summary>True if the data is in memory: a transfer never waits for a medium.</summary>
    public bool IsInMemory => (uint)Type is (uint)Tmpfs or (uint)Ramfs;

    [SupportedOSPlatform("linux")]
    public static FileSystem Of(FileDescriptor fd, in FileStatus status)
    {
        if (status.Kind != FileKind.Regular || LibC.FileSystemOf(fd, out var type, out var blockSize) < 0)
            return default;
        var block = blockSize is > 0 and <= 1 << 24 && BitOperations.IsPow2(blockSize) ? (int)blockSize : DefaultBlockSize;
        return new FileSystem(type, status.DeviceMajor, status.DeviceMinor, block);
    }

    /// <summary>The ways to clone a file of the file system <paramref name="from"/> into a file of this one.</summary>
    public OffloadKinds CloneKinds(in FileSystem from)
    {
        if (Type == 0 || Type != from.Type)
            return OffloadKinds.None;
        if (Major != from.Major || Minor != from.Minor)
            return (uint)Type == (uint)Btrfs ? OffloadKinds.Reflink : OffloadKinds.None;    // each subvolume has its own device number
        return OffloadKinds.Reflink | (IsRemote ? OffloadKinds.ServerCopy : OffloadKinds.KernelCopy)
            | (IsInMemory ? OffloadKinds.SmallCopy : OffloadKinds.None);
    }
}
