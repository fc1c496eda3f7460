using System.Numerics;
using System.Runtime.Versioning;
using Kcopyd.Actors.IO;

namespace Kcopyd.Actors.Files;

/// <summary>The file system that a file is on, as far as two files can be told to be on one.</summary>
/// <param name="Type">The kernel's magic number of its kind; 0 if it cannot be told.</param>
/// <param name="Major">Of its device number.</param>
/// <param name="Minor">Of its device number.</param>
/// <param name="BlockSize">Bytes: what is shared is shared in whole blocks.</param>
internal readonly record struct FileSystem(long Type, uint Major, uint Minor, int BlockSize)
{
    private const long Tmpfs = 0x01021994, Ramfs = 0x858458F6;
    private const long Nfs = 0x6969, Smb = 0x517B, Cifs = 0xFF534D42, Smb2 = 0xFE534D42, Ceph = 0x00C36400, Btrfs = 0x9123683E;

    private const int UsualBlock = 4096;

    /// <summary>The files' bytes are on another machine.</summary>
    public bool IsRemote => (uint)Type is (uint)Nfs or (uint)Smb or (uint)Cifs or (uint)Smb2 or (uint)Ceph;

    /// <summary>The files' bytes are in memory: a transfer never waits for a medium.</summary>
    public bool IsInMemory => (uint)Type is (uint)Tmpfs or (uint)Ramfs;

    [SupportedOSPlatform("linux")]
    public static FileSystem Of(FileDescriptor fd, in FileStatus status)
    {
        if (status.Kind != FileKind.Regular || LibC.FileSystemOf(fd, out var type, out var blockSize) < 0)
            return default;
        var block = blockSize is > 0 and <= 1 << 24 && BitOperations.IsPow2(blockSize) ? (int)blockSize : UsualBlock;
        return new FileSystem(type, status.DeviceMajor, status.DeviceMinor, block);
    }

    /// <summary>The ways by which a file of this one may be cloned from a file of that one.</summary>
    public OffloadKinds CloneKinds(in FileSystem from)
    {
        if (Type == 0 || Type != from.Type)
            return OffloadKinds.None;
        if (Major != from.Major || Minor != from.Minor)
            return (uint)Type == (uint)Btrfs ? OffloadKinds.Reflink : OffloadKinds.None;    // its subvolumes have numbers of their own
        return OffloadKinds.Reflink | (IsRemote ? OffloadKinds.ServerCopy : OffloadKinds.KernelCopy)
            | (IsInMemory ? OffloadKinds.SmallCopy : OffloadKinds.None);
    }
}
