using System.Runtime.InteropServices;

namespace Kcopyd.Actors.IO;

/// <summary>The fields of the kernel's loop_info64 that are used here.</summary>
[StructLayout(LayoutKind.Explicit, Size = 232)]
internal struct LoopStatus
{
    /// <summary>Device number of the file system that holds the backing file.</summary>
    [FieldOffset(0)] public readonly ulong FileSystem;

    /// <summary>Inode of the backing file.</summary>
    [FieldOffset(8)] public readonly ulong Inode;

    /// <summary>Device number of the backing block device; 0 if a regular file backs the loop device.</summary>
    [FieldOffset(16)] public readonly ulong BackingDisk;

    /// <summary>Bytes from the start of the backing storage to the start of the loop device.</summary>
    [FieldOffset(24)] public readonly ulong Offset;
}
