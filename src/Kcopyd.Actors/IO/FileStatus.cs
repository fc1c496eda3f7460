using System.Runtime.InteropServices;

namespace Kcopyd.Actors.IO;

/// <summary>The kind of file that a path names, as far as devices distinguish it.</summary>
internal enum FileKind
{
    Other,
    Regular,
    Block,
    Character,
    Pipe,
    Socket,
    Directory,
}

/// <summary>The kernel's statx record, the only status record with the same layout on every architecture.</summary>
[StructLayout(LayoutKind.Explicit, Size = 256)]
internal struct FileStatus
{
    /// <summary>STATX_BASIC_STATS | STATX_BTIME | STATX_DIOALIGN.</summary>
    public const uint Wanted = 0x7FF | BirthMask | DirectAlignMask;

    private const uint BirthMask = 0x800, DirectAlignMask = 0x2000;

    [FieldOffset(0x00)] private readonly uint _mask;
    [FieldOffset(0x10)] public readonly uint Links;
    [FieldOffset(0x14)] public readonly uint Owner;
    [FieldOffset(0x18)] public readonly uint Group;
    [FieldOffset(0x1C)] private readonly ushort _mode;
    [FieldOffset(0x20)] public readonly ulong Inode;
    [FieldOffset(0x28)] public readonly long Size;
    [FieldOffset(0x30)] public readonly long Blocks;
    [FieldOffset(0x50)] public readonly long BornSeconds;
    [FieldOffset(0x58)] public readonly uint BornNanoseconds;
    [FieldOffset(0x80)] public readonly uint SpecialMajor;
    [FieldOffset(0x84)] public readonly uint SpecialMinor;
    [FieldOffset(0x88)] public readonly uint DeviceMajor;
    [FieldOffset(0x8C)] public readonly uint DeviceMinor;
    [FieldOffset(0x98)] public readonly uint DirectMemoryAlign;
    [FieldOffset(0x9C)] public readonly uint DirectOffsetAlign;

    /// <summary>True if the kernel reported the alignment of direct I/O; zeroes then mean that direct I/O is not supported.</summary>
    public readonly bool KnowsDirectAlign => (_mask & DirectAlignMask) != 0;

    /// <summary>True if the file system records when a file was created.</summary>
    public readonly bool KnowsBirth => (_mask & BirthMask) != 0;

    /// <summary>The permission bits.</summary>
    public readonly UnixFileMode Permissions => (UnixFileMode)(_mode & 0xFFF);

    public readonly FileKind Kind => (_mode & 0xF000) switch
    {
        0x8000 => FileKind.Regular,
        0x6000 => FileKind.Block,
        0x2000 => FileKind.Character,
        0x1000 => FileKind.Pipe,
        0xC000 => FileKind.Socket,
        0x4000 => FileKind.Directory,
        _ => FileKind.Other,
    };
}
