using Kcopyd.Actors.IO;

namespace Kcopyd.Host.Common;

/// <summary>The standard streams of this process.</summary>
internal static class StandardStreams
{
    private const int Output = 1, Error = 2;

    /// <summary>Opens the streams. Occupies those that are free: otherwise the next opened file would get such a descriptor, and messages would be
    /// written into that file.</summary>
    public static CommandConsole Open()
    {
        var (hasOutput, hasError) = (LibC.IsInherited(Output), LibC.IsInherited(Error));
        LibC.OccupyUpTo(Error);
        return new CommandConsole(
            new GuardedWriter(hasOutput ? Console.Out : null, "standard output"),
            new GuardedWriter(hasError ? Console.Error : null, null),
            IsTerminal: hasError && !Console.IsErrorRedirected && Environment.GetEnvironmentVariable("TERM") is not (null or "" or "dumb"));
    }
}
