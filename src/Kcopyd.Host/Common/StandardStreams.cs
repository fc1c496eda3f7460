using Kcopyd.Actors.IO;

namespace Kcopyd.Host.Common;

/// <summary>The streams that this process was started with.</summary>
internal static class StandardStreams
{
    private const int Output = 1, Error = 2;

    /// <summary>Opens them. A number that is free would be given to the next file that is opened, and what is said would be written into that.</summary>
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
