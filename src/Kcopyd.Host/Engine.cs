using Akka.Actor;
using Akka.Configuration;
using Akka.Hosting;
using Kcopyd.Actors;
using Kcopyd.Actors.Client;
using Kcopyd.Actors.Jobs;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Serilog;
using Serilog.Events;

namespace Kcopyd.Host;

/// <summary>The generic host with an actor system in it, for as long as one command runs.</summary>
internal sealed class Engine : IAsyncDisposable
{
    private readonly IHost _host;

    private Engine(IHost host) => _host = host;

    public ActorSystem System => _host.Services.GetRequiredService<ActorSystem>();

    public static async Task<Engine> StartAsync(Microsoft.Extensions.Logging.LogLevel logLevel)
    {
        // Without the defaults: a command reads no appsettings.json of the folder it is run in, and starts faster.
        var builder = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { ApplicationName = "kcopyd" });
        builder.Services.AddSingleton<IHostLifetime, CommandLifetime>();
        builder.Services.AddSerilog(log => log
            .MinimumLevel.Is((LogEventLevel)logLevel)   // the two enumerations agree from debug to critical
            .WriteTo.Console(standardErrorFromLevel: LevelAlias.Minimum, formatProvider: null), preserveStaticLogger: true);
        builder.Services.AddAkka("kcopyd", akka => akka
            .AddHocon(ConfigurationFactory.FromResource("kcopyd.host.conf", typeof(Engine).Assembly), HoconAddMode.Prepend)
            .ConfigureLoggers(loggers =>
            {
                loggers.ClearLoggers();
                loggers.AddLoggerFactory();
                loggers.LogLevel = Level(logLevel);
            }));
        var host = builder.Build();
        await host.StartAsync().ConfigureAwait(false);
        return new Engine(host);
    }

    /// <summary>A client with the limits that the options say.</summary>
    public KcopydClient CreateClient(TransferOptions options, int destinations) => System.CreateKcopydClient(
        "command",
        System.Kcopyd().Settings with { MaxDestinations = destinations, SubJobSize = options.SubJobSize },
        new KcopydThrottle(options.Throttle, options.Rate));

    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync().ConfigureAwait(false);
        _host.Dispose();
    }

    private static Akka.Event.LogLevel Level(Microsoft.Extensions.Logging.LogLevel level) => level switch
    {
        <= Microsoft.Extensions.Logging.LogLevel.Debug => Akka.Event.LogLevel.DebugLevel,
        Microsoft.Extensions.Logging.LogLevel.Information => Akka.Event.LogLevel.InfoLevel,
        Microsoft.Extensions.Logging.LogLevel.Warning => Akka.Event.LogLevel.WarningLevel,
        _ => Akka.Event.LogLevel.ErrorLevel,
    };

    /// <summary>Signals belong to the command, which ends its jobs before it ends the host.</summary>
    private sealed class CommandLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
