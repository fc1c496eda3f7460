using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Kcopyd.Benchmarks.Peers;

/// <summary>File functions of the system that .NET does not offer.</summary>
internal static partial class PosixFile
{
    private const int NotNeeded = 4;        // POSIX_FADV_DONTNEED
    private const int SeekData = 3, SeekHole = 4;
    private const nuint Fiemap = 0xC020660B;
    private const int FlushFirst = 1, IsShared = 0x2000;

    /// <summary>Flushes a file to the disk and drops its pages from the page cache.</summary>
    public static void DropCache(string path)
    {
        using var file = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        RandomAccess.FlushToDisk(file);
        Advise(file, 0, 0, NotNeeded);
    }

    /// <summary>The ranges of a file that have data; the rest are holes.</summary>
    public static IEnumerable<(long Start, long End)> DataOf(SafeFileHandle file)
    {
        var length = RandomAccess.GetLength(file);
        for (var at = 0L; at < length;)
        {
            var start = Seek(file, at, SeekData);
            if (start < 0)
                yield break;        // ENXIO: a hole up to the end
            at = Seek(file, start, SeekHole);
            yield return (start, at);
        }
    }

    /// <summary>The number of bytes of a file that lie in extents shared with other files.</summary>
    public static unsafe long SharedBytes(SafeFileHandle file)
    {
        const int extentCount = 256;
        // struct fiemap: start, length, flags, mapped, count, reserved; struct fiemap_extent: logical, physical, length, 2 reserved, flags, 3 reserved
        var map = stackalloc byte[32 + (extentCount * 56)];
        var shared = 0L;
        for (long at = 0, length = RandomAccess.GetLength(file); at < length;)
        {
            new Span<byte>(map, 32).Clear();
            *(long*)map = at;
            *(long*)(map + 8) = length - at;
            *(int*)(map + 16) = FlushFirst;
            *(int*)(map + 24) = extentCount;
            if (Control(file, Fiemap, map) != 0)
                throw new IOException($"FIEMAP: {Marshal.GetLastPInvokeErrorMessage()}");
            var mapped = *(int*)(map + 20);
            for (var extent = map + 32; extent < map + 32 + (mapped * 56); extent += 56)
            {
                at = *(long*)extent + *(long*)(extent + 16);
                shared += (*(int*)(extent + 40) & IsShared) != 0 ? *(long*)(extent + 16) : 0;
            }
            if (mapped < extentCount)
                break;
        }
        return shared;
    }

    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    private static unsafe partial int Control(SafeFileHandle file, nuint request, void* argument);

    [LibraryImport("libc", EntryPoint = "posix_fadvise")]
    private static partial int Advise(SafeFileHandle file, long offset, long length, int advice);

    [LibraryImport("libc", EntryPoint = "lseek", SetLastError = true)]
    private static partial long Seek(SafeFileHandle file, long offset, int whence);
}
