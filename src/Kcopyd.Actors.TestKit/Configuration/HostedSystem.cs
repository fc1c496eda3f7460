using Akka.Actor;
using Akka.Configuration;
using Akka.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Kcopyd.Actors.TestKit.Configuration;

/// <summary>Starts an application that Akka.Hosting configures, with the services of a generic host but without a host, which would have threads of its
/// own.</summary>
internal static class HostedSystem
{
    public static (ActorSystem System, IServiceProvider Services) Start(
        TimeProvider time, string systemName, Config simulated, Action<AkkaConfigurationBuilder, IServiceProvider> configure,
        Action<IServiceCollection>? addServices)
    {
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddSingleton(time);
        services.AddSingleton<IHostApplicationLifetime, Lifetime>();
        addServices?.Invoke(services);
        services.AddAkka(systemName, (builder, provider) =>
        {
            configure(builder, provider);
            builder.AddHocon(simulated, HoconAddMode.Prepend);
        });
        var provider = services.BuildServiceProvider();
        foreach (var service in provider.GetServices<IHostedService>())
            service.StartAsync(CancellationToken.None).GetAwaiter().GetResult();      // lets the world continue while it waits
        return (provider.GetRequiredService<ActorSystem>(), provider);
    }

    /// <summary>Only the test stops a simulated process.</summary>
    private sealed class Lifetime : IHostApplicationLifetime
    {
        public CancellationToken ApplicationStarted => CancellationToken.None;

        public CancellationToken ApplicationStopping => CancellationToken.None;

        public CancellationToken ApplicationStopped => CancellationToken.None;

        public void StopApplication()
        {
        }
    }
}
