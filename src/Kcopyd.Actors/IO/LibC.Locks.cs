using System.Runtime.InteropServices;

namespace Kcopyd.Actors.IO;

/// <content>Advisory locks. Taken by our own call: those that .NET takes when it opens a file vanish with an environment variable
/// (<c>DOTNET_SYSTEM_IO_DISABLEFILELOCKING</c>), and .NET does not say where a file system has none.</content>
internal static unsafe partial class LibC
{
    public const int ENOLCK = 37;

    private const int LOCK_SH = 1, LOCK_EX = 2, LOCK_NB = 4, LOCK_UN = 8;

    /// <summary>Locks an open file description, flock(2), without waiting: -EAGAIN if another one has the lock.</summary>
    public static long Lock(FileDescriptor fd, bool exclusive) => Call(() => flock(fd, (exclusive ? LOCK_EX : LOCK_SH) | LOCK_NB));

    /// <summary>Gives the lock up. Closing alone does not where a child process was started a moment ago, and has the descriptor until it begins its
    /// program.</summary>
    public static void Unlock(FileDescriptor fd) => Call(() => flock(fd, LOCK_UN));

    [LibraryImport("libc", SetLastError = true)]
    private static partial int flock(FileDescriptor fd, int operation);
}
