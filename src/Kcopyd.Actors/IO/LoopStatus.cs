using System.Runtime.InteropServices;

namespace Kcopyd.Actors.IO;

/// <summary>The kernel's loop_info64, as far as it is of use here.</summary>
[StructLayout(LayoutKind.Explicit, Size = 232)]
internal struct LoopStatus
{
    /// <summary>Device number of the file system that holds the backing file.</summary>
    [FieldOffset(0)] public readonly ulong FileSystem;

    /// <summary>Inode of the backing file.</summary>
    [FieldOffset(8)] public readonly ulong Inode;

    /// <summary>Device number of the backing block device; 0 if a regular file is behind the loop.</summary>
    [FieldOffset(16)] public readonly ulong BackingDisk;

    /// <summary>Where the loop device starts in what is behind it, bytes.</summary>
    [FieldOffset(24)] public readonly ulong Offset;
}
