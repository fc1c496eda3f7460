using System.Runtime.InteropServices;

namespace Kcopyd.Actors.IO;

/// <content>The standard descriptors and the terminal behind them.</content>
internal static unsafe partial class LibC
{
    private const int F_GETFD = 1, FD_CLOEXEC = 1;

    private static readonly nuint TIOCGWINSZ = 0x5413;

    /// <summary>True if this process was started with the descriptor. A descriptor that the runtime opened is close-on-exec, which an inherited one cannot
    /// be.</summary>
    public static bool IsInherited(int descriptor) => fcntl(descriptor, F_GETFD, 0) is >= 0 and var flags && (flags & FD_CLOEXEC) == 0;

    /// <summary>Opens /dev/null under every free number up to this one, so that no other file gets it.</summary>
    public static void OccupyUpTo(int descriptor)
    {
        int opened;
        do opened = open("/dev/null", O_RDWR, 0);       // children inherit it, too, as they would the missing descriptor
        while (opened >= 0 && opened < descriptor);
        if (opened > descriptor)
            _ = close(opened);
    }

    /// <summary>Columns and rows of a descriptor's terminal; null if it is not a terminal, or one of unknown size.</summary>
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
