using System.Collections.Concurrent;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Kcopyd.Actors.Tests.Hosting;

internal static class Hosts
{
    public static IHost Build(Action<IServiceCollection> configure, RecordedLogs? logs = null)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Logging.AddProvider(logs ?? new RecordedLogs());
        configure(builder.Services);
        return builder.Build();
    }

    public static async Task<IHost> StartAsync(Action<IServiceCollection> configure, RecordedLogs? logs = null)
    {
        var host = Build(configure, logs);
        try
        {
            await host.StartAsync();
            return host;
        }
        catch
        {
            host.Dispose();
            throw;
        }
    }
}

internal sealed record LogLine(LogLevel Level, string Category, string Text, Exception? Exception);

/// <summary>Records what a host logs, so that tests can inspect it or wait for a line.</summary>
internal sealed class RecordedLogs : ILoggerProvider
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly ConcurrentQueue<LogLine> _lines = new();
    private readonly ConcurrentQueue<(Func<LogLine, bool> Wanted, TaskCompletionSource<LogLine> Seen)> _waiting = new();

    public IEnumerable<LogLine> Lines => _lines;

    public Task<LogLine> WaitForAsync(Func<LogLine, bool> wanted)
    {
        var seen = new TaskCompletionSource<LogLine>(TaskCreationOptions.RunContinuationsAsynchronously);
        _waiting.Enqueue((wanted, seen));
        if (_lines.FirstOrDefault(wanted) is { } line)
            seen.TrySetResult(line);
        return seen.Task.WaitAsync(Patience);
    }

    public ILogger CreateLogger(string categoryName) => new Recorder(this, categoryName);

    public void Dispose()
    {
    }

    private sealed class Recorder(RecordedLogs logs, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            var line = new LogLine(logLevel, category, formatter(state, exception), exception);
            logs._lines.Enqueue(line);
            foreach (var (wanted, seen) in logs._waiting)
            {
                if (wanted(line))
                    seen.TrySetResult(line);
            }
        }
    }
}
