using System.CommandLine;

namespace Kcopyd.Host.Common;

/// <summary>The option <c>--log-level</c> of every command that has a log.</summary>
internal static class LogLevelOption
{
    private const string Name = "--log-level";

    /// <summary>Creates the option.</summary>
    /// <param name="otherwise">Describes the default level in the help text; null if the parser knows the default.</param>
    public static Option<string?> Create(string? otherwise)
    {
        var option = new Option<string?>(Name)
        {
            Description = $"Minimum level of the log on standard error{(otherwise is null ? "" : $"; {otherwise}")}.",
            HelpName = "debug|information|warning|error",
        };
        option.AcceptOnlyFromAmong("debug", "information", "warning", "error");
        return option;
    }

    /// <summary>The given level; null if none is given, or the command has no such option.</summary>
    public static LogLevel? Read(ParseResult parsed) =>
        parsed.CommandResult.Command.Options.OfType<Option<string?>>().FirstOrDefault(static option => option.Name == Name) is { } option
            && parsed.GetValue(option) is { } level
            ? Enum.Parse<LogLevel>(level, ignoreCase: true)
            : null;
}
