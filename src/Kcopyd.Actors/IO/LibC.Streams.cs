using System.Runtime.InteropServices;

namespace Kcopyd.Actors.IO;

/// <content>Pipes and other files without offsets.</content>
internal static unsafe partial class LibC
{
    public const int O_WRONLY = 1;

    public const short POLLIN = 1, POLLOUT = 4;

    private const int F_SETPIPE_SZ = 1031;

    /// <summary>struct pollfd.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Polled(int descriptor, short events)
    {
        public readonly int Descriptor = descriptor;
        public readonly short Events = events;
        public short Happened;
    }

    /// <summary>Blocks until a descriptor is ready for <paramref name="events"/> (or has an error or an end to report), or until the counter is
    /// incremented.</summary>
    /// <returns>False if the counter was incremented.</returns>
    public static bool WaitUntilReady(FileDescriptor fd, short events, FileDescriptor counter)
    {
        bool held = false, heldCounter = false;
        try
        {
            fd.DangerousAddRef(ref held);
            counter.DangerousAddRef(ref heldCounter);
            var both = stackalloc Polled[2] { new((int)fd.DangerousGetHandle(), events), new((int)counter.DangerousGetHandle(), POLLIN) };
            while (Interrupted(poll(both, 2, -1)))
            {
            }
            return both[1].Happened == 0;
        }
        finally
        {
            if (held)
                fd.DangerousRelease();
            if (heldCounter)
                counter.DangerousRelease();
        }
    }

    /// <summary>Reads at the current position.</summary>
    public static long ReadNext(FileDescriptor fd, byte* buffer, int count)
    {
        try
        {
            nint done;
            do done = read(fd, buffer, (nuint)count);
            while (Interrupted(done));
            return Result(done);
        }
        catch (ObjectDisposedException)
        {
            return -EBADF;
        }
    }

    /// <summary>Writes at the current position.</summary>
    public static long WriteNext(FileDescriptor fd, byte* buffer, int count)
    {
        try
        {
            nint done;
            do done = write(fd, buffer, (nuint)count);
            while (Interrupted(done));
            return Result(done);
        }
        catch (ObjectDisposedException)
        {
            return -EBADF;
        }
    }

    /// <summary>Enlarges the buffer of a pipe; if the kernel refuses, the pipe stays as it is.</summary>
    public static void WidenPipe(FileDescriptor fd, int bytes) => _ = fcntl(fd, F_SETPIPE_SZ, bytes);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int poll(Polled* descriptors, nuint count, int timeout);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint read(FileDescriptor fd, void* buffer, nuint count);
}
