using System.Runtime.InteropServices;

namespace Kcopyd.Actors.IO;

/// <content>Advisory locks. They are taken by a system call here, because an environment variable (<c>DOTNET_SYSTEM_IO_DISABLEFILELOCKING</c>) disables the
/// locks that .NET takes when it opens a file, and .NET does not report file systems without locks.</content>
internal static unsafe partial class LibC
{
    public const int ENOLCK = 37;

    private const int LOCK_SH = 1, LOCK_EX = 2, LOCK_NB = 4, LOCK_UN = 8;

    /// <summary>Locks an open file description, flock(2), without waiting: -EAGAIN if another one holds the lock.</summary>
    public static long Lock(FileDescriptor fd, bool exclusive) => Call(() => flock(fd, (exclusive ? LOCK_EX : LOCK_SH) | LOCK_NB));

    /// <summary>Releases the lock. Closing the descriptor is not enough: a child process that was just started holds the descriptor, too, until it executes its
    /// program.</summary>
    public static void Unlock(FileDescriptor fd) => Call(() => flock(fd, LOCK_UN));

    [LibraryImport("libc", SetLastError = true)]
    private static partial int flock(FileDescriptor fd, int operation);
}
