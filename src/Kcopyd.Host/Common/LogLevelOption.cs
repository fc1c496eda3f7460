using System.CommandLine;

namespace Kcopyd.Host.Common;

/// <summary><c>--log-level</c>, of every command that has a log.</summary>
internal static class LogLevelOption
{
    private const string Name = "--log-level";

    /// <summary>Makes it.</summary>
    /// <param name="otherwise">The level if nothing is said, for people; null where the option has a default that the parser knows.</param>
    public static Option<string?> Create(string? otherwise)
    {
        var option = new Option<string?>(Name)
        {
            Description = $"Least level of the log on standard error{(otherwise is null ? "" : $"; {otherwise}")}.",
            HelpName = "debug|information|warning|error",
        };
        option.AcceptOnlyFromAmong("debug", "information", "warning", "error");
        return option;
    }

    /// <summary>What is said; null if nothing is, or the command has no such option.</summary>
    public static LogLevel? Read(ParseResult parsed) =>
        parsed.CommandResult.Command.Options.OfType<Option<string?>>().FirstOrDefault(static option => option.Name == Name) is { } option
            && parsed.GetValue(option) is { } level
            ? Enum.Parse<LogLevel>(level, ignoreCase: true)
            : null;
}
