using System.Globalization;
using Akka.Event;
using Serilog;
using Serilog.Events;
using LogEvent = Akka.Event.LogEvent;

namespace Kcopyd.Host.Common;

/// <summary>Writes the log of the actor system to standard error.</summary>
/// <remarks>
/// Akka.NET calls it on the logging thread, and the line is written when the call returns: no line is lost when the command ends. Every run would have to start
/// a logger actor and wait for its termination, and hardly any run logs anything.
/// </remarks>
internal sealed class ErrorStreamLog : MinimalLogger
{
    // Created for the first line.
    private static readonly Lazy<ILogger> Sink = new(() => new LoggerConfiguration()
        .MinimumLevel.Verbose()     // Akka.NET has dropped lines below its level
        .WriteTo.Console(standardErrorFromLevel: LevelAlias.Minimum, formatProvider: CultureInfo.InvariantCulture)
        .CreateLogger());

    /// <summary>Returns the settings that make an actor system log here, and only here.</summary>
    public static string Hocon(LogLevel minimum)
    {
        var name = $"{typeof(ErrorStreamLog).FullName}, {typeof(ErrorStreamLog).Assembly.GetName().Name}";
        var level = minimum switch
        {
            LogLevel.Debug => "DEBUG",
            LogLevel.Information => "INFO",
            LogLevel.Warning => "WARNING",
            _ => "ERROR",
        };
        return $$"""akka { loggers = ["{{name}}"], stdout-logger-class = "{{name}}", loglevel = {{level}}, stdout-loglevel = {{level}} }""";
    }

    /// <summary>Writes a line of the command itself.</summary>
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
