using System.Runtime.InteropServices;

namespace Kcopyd.Actors.IO;

/// <content>The standard descriptors and the terminal behind them.</content>
internal static unsafe partial class LibC
{
    private const int F_GETFD = 1, FD_CLOEXEC = 1;

    private static readonly nuint TIOCGWINSZ = 0x5413;

    /// <summary>True if this process was started with the descriptor. One that the runtime opened since then closes at exec, as an inherited one
    /// cannot.</summary>
    public static bool IsInherited(int descriptor) => fcntl(descriptor, F_GETFD, 0) is >= 0 and var flags && (flags & FD_CLOEXEC) == 0;

    /// <summary>Opens /dev/null under every free number up to this one, so that nothing else that is opened gets it.</summary>
    public static void OccupyUpTo(int descriptor)
    {
        int opened;
        do opened = open("/dev/null", O_RDWR, 0);       // inherited by children, too, as the descriptor that is missing would be
        while (opened >= 0 && opened < descriptor);
        if (opened > descriptor)
            _ = close(opened);
    }

    /// <summary>Columns and rows of the terminal that a descriptor is; null if it is none, or does not say.</summary>
    public static (int Columns, int Rows)? TerminalSize(int descriptor)
    {
        var size = stackalloc ushort[4];    // rows, columns, and pixels
        return ioctl(descriptor, TIOCGWINSZ, size) == 0 && size[1] > 0 && size[0] > 0 ? (size[1], size[0]) : null;
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fcntl(int fd, int command, int argument);

    [LibraryImport("libc")]
    private static partial int ioctl(int fd, nuint request, void* argument);
}
