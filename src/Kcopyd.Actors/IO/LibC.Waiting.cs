using System.Runtime.InteropServices;

namespace Kcopyd.Actors.IO;

/// <content>Calls that keep a thread from waiting: transfers that never wait, and the parts of a ring.</content>
internal static unsafe partial class LibC
{
    private const int RWF_NOWAIT = 8, EFD_CLOEXEC = 0x80000, EFD_NONBLOCK = 0x800;
    private const int PROT_READ = 1, PROT_WRITE = 2, MAP_SHARED = 1, MAP_POPULATE = 0x8000;

    /// <summary>struct iovec.</summary>
    private readonly struct Part(void* start, int count)
    {
        public readonly void* Start = start;
        public readonly nuint Count = (nuint)count;
    }

    /// <summary>Reads data in the page cache: -EAGAIN if there is none, -ENOTSUP if the file system cannot tell.</summary>
    public static long TryRead(FileDescriptor fd, byte* buffer, int count, long offset)
    {
        try
        {
            nint done;
            var part = new Part(buffer, count);
            do done = preadv2(fd, &part, 1, offset, RWF_NOWAIT);
            while (Interrupted(done));
            return Result(done);
        }
        catch (ObjectDisposedException)
        {
            return -EBADF;
        }
    }

    /// <summary>Writes what the page cache accepts without waiting: -EAGAIN if nothing, -ENOTSUP if the file system cannot tell.</summary>
    public static long TryWrite(FileDescriptor fd, byte* buffer, int count, long offset)
    {
        try
        {
            nint done;
            var part = new Part(buffer, count);
            do done = pwritev2(fd, &part, 1, offset, RWF_NOWAIT);
            while (Interrupted(done));
            return Result(done);
        }
        catch (ObjectDisposedException)
        {
            return -EBADF;
        }
    }

    /// <summary>A counter that a ring can wait for.</summary>
    public static FileDescriptor? EventCounter(out int errno)
    {
        var fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        errno = fd < 0 ? Marshal.GetLastPInvokeError() : 0;
        return fd < 0 ? null : new FileDescriptor(fd);
    }

    public static void Count(FileDescriptor counter)
    {
        try
        {
            var one = 1L;
            while (Interrupted(write(counter, &one, sizeof(long))))
            {
            }
        }
        catch (ObjectDisposedException)
        {
            // the thread to wake has ended
        }
    }

    /// <summary>Maps memory that is shared with the kernel; null, with an errno, if that failed.</summary>
    public static void* MapShared(int fd, long offset, nuint size, out int errno)
    {
        var at = mmap(null, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, offset);
        errno = at == (void*)-1 ? Marshal.GetLastPInvokeError() : 0;
        return errno == 0 ? at : null;
    }

    public static void Unmap(void* at, nuint size) => _ = munmap(at, size);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint preadv2(FileDescriptor fd, Part* parts, int count, long offset, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint pwritev2(FileDescriptor fd, Part* parts, int count, long offset, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint write(FileDescriptor fd, void* buffer, nuint count);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int eventfd(uint initial, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial void* mmap(void* address, nuint size, int protection, int flags, int fd, long offset);

    [LibraryImport("libc")]
    private static partial int munmap(void* address, nuint size);
}
