namespace Kcopyd.Host.Common;

/// <summary>What the command itself has to say at <c>--log-level debug</c>: how it opens and copies things, and why so. In the log of the actor
/// system.</summary>
internal static class CommandLog
{
    // Of the command that runs, of which tests have several in one process.
    private static readonly AsyncLocal<LogLevel?> Asked = new();

    /// <summary>True if anybody wants to know.</summary>
    public static bool IsDebug => Level == LogLevel.Debug;

    /// <summary>What <c>--log-level</c> says; null if nothing is said, or the command has no such option.</summary>
    public static LogLevel? Level
    {
        get => Asked.Value;
        set => Asked.Value = value;
    }

    /// <summary>Writes a line. Ask <see cref="IsDebug"/> first where the line costs anything.</summary>
    public static void Debug(string line)
    {
        if (IsDebug)
            ErrorStreamLog.Debug(line);
    }
}
