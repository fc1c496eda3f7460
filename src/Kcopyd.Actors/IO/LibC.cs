using System.Runtime.InteropServices;
using System.Runtime.InteropServices.Marshalling;
using System.Runtime.Versioning;

namespace Kcopyd.Actors.IO;

/// <summary>
/// The calls of the C library that devices use. Each retries when a signal interrupts it, and returns the kernel's result: zero or more, or an errno as a
/// negative number. A closed descriptor returns -EBADF. The constants hold for x64 and arm64; the one that differs depends on the architecture.
/// </summary>
[SupportedOSPlatform("linux")]
internal static unsafe partial class LibC
{
    public const int EPERM = 1, ENOENT = 2, EINTR = 4, EBADF = 9, EAGAIN = 11, EACCES = 13, EBUSY = 16, EEXIST = 17, EINVAL = 22, EROFS = 30, ENOTSUP = 95;

    public const int O_RDONLY = 0, O_RDWR = 2, O_CREAT = 0x40, O_EXCL = 0x80, O_NOCTTY = 0x100, O_NONBLOCK = 0x800, O_CLOEXEC = 0x80000;
    public static readonly int O_DIRECT = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 0x10000 : 0x4000;

    public const int FALLOC_FL_KEEP_SIZE = 1, FALLOC_FL_PUNCH_HOLE = 2, FALLOC_FL_ZERO_RANGE = 0x10;

    public const nuint BLKROGET = 0x125E, BLKSSZGET = 0x1268, BLKGETSIZE64 = 0x80081272, BLKDISCARD = 0x1277, BLKZEROOUT = 0x127F;

    private const nuint LOOP_GET_STATUS64 = 0x4C05;

    private const int POSIX_FADV_DONTNEED = 4;

    private const int F_DUPFD_CLOEXEC = 1030;

    /// <summary>Opens a file; null, with an errno, if that failed.</summary>
    /// <param name="path">The path, see <see cref="UnixPath"/>.</param>
    /// <param name="flags">O_ flags.</param>
    /// <param name="errno">Why it failed; 0 if it did not.</param>
    /// <param name="mode">Permissions of a created file, minus the umask; rw-rw-rw- by default.</param>
    public static FileDescriptor? Open(string path, int flags, out int errno, uint mode = 0x1B6)
    {
        nint fd;
        do fd = open(path, flags | O_CLOEXEC | O_NOCTTY, mode);
        while (Interrupted(fd));
        errno = fd < 0 ? Marshal.GetLastPInvokeError() : 0;
        return fd < 0 ? null : new FileDescriptor((int)fd);
    }

    public static int Close(int fd) => close(fd);

    /// <summary>Duplicates the descriptor of a handle.</summary>
    /// <exception cref="IOException">The process has no free descriptor.</exception>
    public static FileDescriptor Duplicate(SafeHandle handle) => Duplicated(fcntl(handle, F_DUPFD_CLOEXEC, 0));

    /// <summary>Duplicates a descriptor.</summary>
    /// <exception cref="IOException">The descriptor is not open, or the process has no free one.</exception>
    public static FileDescriptor Duplicate(int descriptor) => Duplicated(fcntl(descriptor, F_DUPFD_CLOEXEC, 0));

    private static FileDescriptor Duplicated(int fd)
    {
        var errno = Marshal.GetLastPInvokeError();
        return fd < 0 ? throw new IOException($"A descriptor cannot be duplicated: {Message(errno)}.") : new FileDescriptor(fd);
    }

    public static long Read(FileDescriptor fd, byte* buffer, int count, long offset)
    {
        try
        {
            nint done;
            do done = pread(fd, buffer, (nuint)count, offset);
            while (Interrupted(done));
            return Result(done);
        }
        catch (ObjectDisposedException)
        {
            return -EBADF;
        }
    }

    public static long Write(FileDescriptor fd, byte* buffer, int count, long offset)
    {
        try
        {
            nint done;
            do done = pwrite(fd, buffer, (nuint)count, offset);
            while (Interrupted(done));
            return Result(done);
        }
        catch (ObjectDisposedException)
        {
            return -EBADF;
        }
    }

    public static long Sync(FileDescriptor fd) => Call(() => fsync(fd));

    public static long Truncate(FileDescriptor fd, long length) => Call(() => ftruncate(fd, length));

    public static long Allocate(FileDescriptor fd, int mode, long offset, long length) => Call(() => fallocate(fd, mode, offset, length));

    /// <summary>Drops clean pages of a range from the page cache.</summary>
    public static long DropCache(FileDescriptor fd, long offset, long length) =>
        Call(() => -posix_fadvise(fd, offset, length, POSIX_FADV_DONTNEED), ownErrno: true);

    /// <summary>An ioctl that returns one number, of 4 or 8 bytes.</summary>
    public static long Query(FileDescriptor fd, nuint request, out long value)
    {
        long answer = 0;
        var result = Call(() =>
        {
            long filled = 0;
            var called = ioctl(fd, request, &filled);
            answer = filled;
            return called;
        });
        value = answer;
        return result;
    }

    /// <summary>An ioctl on a byte range.</summary>
    public static long OnRange(FileDescriptor fd, nuint request, long offset, long length) => Call(() =>
    {
        var range = stackalloc long[2] { offset, length };
        return ioctl(fd, request, range);
    });

    /// <summary>The storage that a loop device is set up over.</summary>
    public static long LoopStatus(FileDescriptor fd, out LoopStatus status)
    {
        LoopStatus answer = default;
        var result = Call(() =>
        {
            LoopStatus filled = default;
            var called = ioctl(fd, LOOP_GET_STATUS64, &filled);
            answer = filled;
            return called;
        });
        status = answer;
        return result;
    }

    public static long Status(string path, out FileStatus status)
    {
        FileStatus answer = default;
        var result = Call(() =>
        {
            FileStatus filled = default;
            var called = statx(AT_FDCWD, path, 0, FileStatus.Wanted, &filled);
            answer = filled;
            return called;
        });
        status = answer;
        return result;
    }

    /// <summary>The status of the name itself: a symbolic link is not followed.</summary>
    public static long LinkStatus(string path, out FileStatus status)
    {
        FileStatus answer = default;
        var result = Call(() =>
        {
            FileStatus filled = default;
            var called = statx(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW, FileStatus.Wanted, &filled);
            answer = filled;
            return called;
        });
        status = answer;
        return result;
    }

    public static long Status(FileDescriptor fd, out FileStatus status)
    {
        FileStatus answer = default;
        var result = Call(() =>
        {
            FileStatus filled = default;
            var called = statx(fd, "", AT_EMPTY_PATH, FileStatus.Wanted, &filled);
            answer = filled;
            return called;
        });
        status = answer;
        return result;
    }

    /// <summary>Removes a name.</summary>
    public static long Unlink(string path) => Call(() => unlink(path));

    public static long ChangeMode(string path, uint mode) => Call(() => chmod(path, mode));

    public static string Message(int errno) => Marshal.GetPInvokeErrorMessage(errno);

    private const int AT_FDCWD = -100, AT_SYMLINK_NOFOLLOW = 0x100, AT_EMPTY_PATH = 0x1000;

    // posix_fadvise returns its errno; all other calls set it and return -1.
    private static long Call(Func<nint> call, bool ownErrno = false)
    {
        try
        {
            nint result;
            do result = call();
            while (ownErrno ? result == -EINTR : Interrupted(result));
            return ownErrno ? result : Result(result);
        }
        catch (ObjectDisposedException)
        {
            return -EBADF;
        }
    }

    private static bool Interrupted(nint result) => result < 0 && Marshal.GetLastPInvokeError() == EINTR;

    private static long Result(nint result) => result < 0 ? -Marshal.GetLastPInvokeError() : result;

    [LibraryImport("libc", SetLastError = true)]
    private static partial int open([MarshalUsing(typeof(UnixPathMarshaller))] string path, int flags, uint mode);

    [LibraryImport("libc")]
    private static partial int close(int fd);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int chmod([MarshalUsing(typeof(UnixPathMarshaller))] string path, uint mode);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int unlink([MarshalUsing(typeof(UnixPathMarshaller))] string path);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fcntl(SafeHandle fd, int command, int argument);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint pread(FileDescriptor fd, byte* buffer, nuint count, long offset);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint pwrite(FileDescriptor fd, byte* buffer, nuint count, long offset);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fsync(FileDescriptor fd);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int ftruncate(FileDescriptor fd, long length);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fallocate(FileDescriptor fd, int mode, long offset, long length);

    [LibraryImport("libc")]
    private static partial int posix_fadvise(FileDescriptor fd, long offset, long length, int advice);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int ioctl(FileDescriptor fd, nuint request, void* argument);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int statx(int directory, [MarshalUsing(typeof(UnixPathMarshaller))] string path, int flags, uint mask, FileStatus* status);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int statx(FileDescriptor file, [MarshalUsing(typeof(UnixPathMarshaller))] string path, int flags, uint mask, FileStatus* status);
}
