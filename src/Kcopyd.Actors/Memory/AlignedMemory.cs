using System.Runtime.InteropServices;

namespace Kcopyd.Actors.Memory;

/// <summary>
/// Zeroed managed memory, pinned and page-aligned for direct I/O. Managed, so that a device that completes late still writes into existing memory.
/// </summary>
internal static class AlignedMemory
{
    public const int PageSize = 4096;

    public static unsafe Memory<byte> Allocate(int bytes)
    {
        var array = GC.AllocateArray<byte>(bytes + PageSize, pinned: true);
        fixed (byte* start = array)
            return MemoryMarshal.CreateFromPinnedArray(array, (int)(-(nint)start & (PageSize - 1)), bytes);     // pinning it again costs nothing
    }
}
