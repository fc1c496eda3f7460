namespace Kcopyd.Host.Common;

/// <summary>The command's own messages at <c>--log-level debug</c>: how it opens and copies things, and why. They go to the log of the actor system.</summary>
internal static class CommandLog
{
    // One value per running command: tests run several commands in one process.
    private static readonly AsyncLocal<LogLevel?> Asked = new();

    /// <summary>True if debug messages are enabled.</summary>
    public static bool IsDebug => Level == LogLevel.Debug;

    /// <summary>The value of <c>--log-level</c>; null if it is not given, or the command has no such option.</summary>
    public static LogLevel? Level
    {
        get => Asked.Value;
        set => Asked.Value = value;
    }

    /// <summary>Writes a line. Check <see cref="IsDebug"/> first if the line is expensive to build.</summary>
    public static void Debug(string line)
    {
        if (IsDebug)
            ErrorStreamLog.Debug(line);
    }
}
