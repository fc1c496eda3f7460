using System.Runtime.InteropServices;

namespace Kcopyd.Actors.IO;

/// <content>Work that the kernel does without the process: sharing blocks, copying, finding holes.</content>
internal static unsafe partial class LibC
{
    public const int ENXIO = 6, EXDEV = 18, ENOTTY = 25, ENOSYS = 38;

    public const int SEEK_END = 2, SEEK_DATA = 3, SEEK_HOLE = 4;

    private const nuint FICLONERANGE = 0x4020940D;

    /// <summary>Finds data, a hole or the end. Moves the position of the open file, which is not used: every transfer has its own offset.</summary>
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

    /// <summary>Makes a range of a file share the blocks of another file. Offsets and length are whole blocks of the file system.</summary>
    public static long ShareRange(FileDescriptor from, long fromOffset, FileDescriptor to, long offset, long length)
    {
        var held = false;
        try
        {
            from.DangerousAddRef(ref held);     // the argument contains its number, which the marshaller does not see
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

    /// <summary>Copies within the kernel, or on the file server. May copy less than requested; zero at the end of the source.</summary>
    public static long CopyRange(FileDescriptor from, long fromOffset, FileDescriptor to, long offset, long length)
    {
        try
        {
            nint done;
            do done = copy_file_range(from, &fromOffset, to, &offset, (nuint)length, 0);    // moves the offsets by the bytes copied
            while (Interrupted(done));
            return Result(done);
        }
        catch (ObjectDisposedException)
        {
            return -EBADF;
        }
    }

    /// <summary>The type of a file's file system, and the size of its blocks in bytes.</summary>
    public static long FileSystemOf(FileDescriptor fd, out long type, out long blockSize)
    {
        var (foundType, foundSize) = (0L, 0L);
        var result = Call(() =>
        {
            var record = stackalloc long[32];   // struct statfs: 120 bytes, starting with these two words
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
