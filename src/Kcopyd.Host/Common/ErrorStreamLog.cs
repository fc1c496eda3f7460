using System.Globalization;
using Akka.Event;
using Serilog;
using Serilog.Events;
using LogEvent = Akka.Event.LogEvent;

namespace Kcopyd.Host.Common;

/// <summary>The log of the actor system on standard error.</summary>
/// <remarks>
/// Akka.NET calls it on the thread that logs, and the line is out when the call returns: the command may end at any time and loses none.
/// An actor for the log would have to be started first and waited for at the end, by every run, and hardly one logs anything.
/// </remarks>
internal sealed class ErrorStreamLog : MinimalLogger
{
    // Made with the first line.
    private static readonly Lazy<ILogger> Sink = new(() => new LoggerConfiguration()
        .MinimumLevel.Verbose()     // Akka.NET has left away what is below its level
        .WriteTo.Console(standardErrorFromLevel: LevelAlias.Minimum, formatProvider: CultureInfo.InvariantCulture)
        .CreateLogger());

    /// <summary>The settings that have an actor system log here, and only here.</summary>
    public static string Hocon(LogLevel least)
    {
        var name = $"{typeof(ErrorStreamLog).FullName}, {typeof(ErrorStreamLog).Assembly.GetName().Name}";
        var level = least switch
        {
            LogLevel.Debug => "DEBUG",
            LogLevel.Information => "INFO",
            LogLevel.Warning => "WARNING",
            _ => "ERROR",
        };
        return $$"""akka { loggers = ["{{name}}"], stdout-logger-class = "{{name}}", loglevel = {{level}}, stdout-loglevel = {{level}} }""";
    }

    /// <summary>A line of the command's own.</summary>
    public static void Debug(string line) => Sink.Value.Write(LogEventLevel.Debug, "{Line:l}", line);

    protected override void Log(object message)
    {
        if (message is LogEvent line)
            Sink.Value.Write(LevelOf(line), line.Cause, "{Line:l}", line.Message.ToString());
    }

    private static LogEventLevel LevelOf(LogEvent line) => line.LogLevel() switch
    {
        Akka.Event.LogLevel.DebugLevel => LogEventLevel.Debug,
        Akka.Event.LogLevel.InfoLevel => LogEventLevel.Information,
        Akka.Event.LogLevel.WarningLevel => LogEventLevel.Warning,
        _ => LogEventLevel.Error,
    };
}
