using System.Runtime.InteropServices;

namespace Kcopyd.Actors.IO;

/// <content>What the kernel does by itself: sharing blocks, copying, finding holes.</content>
internal static unsafe partial class LibC
{
    public const int ENXIO = 6, EXDEV = 18, ENOTTY = 25, ENOSYS = 38;

    public const int SEEK_END = 2, SEEK_DATA = 3, SEEK_HOLE = 4;

    private const nuint FICLONERANGE = 0x4020940D;

    /// <summary>Moves the position of the open file, which nobody uses: every transfer has its offset. That is, asks where something is.</summary>
    public static long Seek(FileDescriptor fd, long offset, int whence)
    {
        try
        {
            nint at;
            do at = lseek(fd, offset, whence);
            while (Interrupted(at));
            return Result(at);
        }
        catch (ObjectDisposedException)
        {
            return -EBADF;
        }
    }

    /// <summary>Lets a range of a file share the blocks of another. Offsets and length in whole blocks of the file system.</summary>
    public static long ShareRange(FileDescriptor from, long fromOffset, FileDescriptor to, long offset, long length)
    {
        var held = false;
        try
        {
            from.DangerousAddRef(ref held);     // its number stands in the argument, where the marshaller does not see it
            var number = (long)from.DangerousGetHandle();
            return Call(() =>
            {
                var range = stackalloc long[4] { number, fromOffset, length, offset };
                return ioctl(to, FICLONERANGE, range);
            });
        }
        catch (ObjectDisposedException)
        {
            return -EBADF;
        }
        finally
        {
            if (held)
                from.DangerousRelease();
        }
    }

    /// <summary>Copies within the kernel, or on the server behind it. May copy less; zero at the end of the source.</summary>
    public static long CopyRange(FileDescriptor from, long fromOffset, FileDescriptor to, long offset, long length)
    {
        try
        {
            nint done;
            do done = copy_file_range(from, &fromOffset, to, &offset, (nuint)length, 0);    // which moves the offsets by what was done
            while (Interrupted(done));
            return Result(done);
        }
        catch (ObjectDisposedException)
        {
            return -EBADF;
        }
    }

    /// <summary>The kind of the file system that a file is on, and the size of its blocks in bytes.</summary>
    public static long FileSystemOf(FileDescriptor fd, out long type, out long blockSize)
    {
        var (foundType, foundSize) = (0L, 0L);
        var result = Call(() =>
        {
            var record = stackalloc long[32];   // struct statfs: 120 bytes, of which the first two words are these
            var called = fstatfs(fd, record);
            (foundType, foundSize) = (record[0], record[1]);
            return called;
        });
        (type, blockSize) = (foundType, foundSize);
        return result;
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint lseek(FileDescriptor fd, long offset, int whence);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint copy_file_range(FileDescriptor from, long* fromOffset, FileDescriptor to, long* toOffset, nuint count, uint flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fstatfs(FileDescriptor fd, long* record);
}
