using Akka.Actor;
using Akka.Configuration;
using Akka.Hosting;
using Kcopyd.Actors.Nbd;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Kcopyd.Actors.Hosting;

/// <summary>An NBD server in a host that runs Akka.NET by Akka.Hosting.</summary>
public static class NbdServerHostingExtensions
{
    /// <summary>
    /// Starts an NBD server with the actor system; while the host stops it answers what clients have asked, disconnects them and flushes the devices. Its
    /// actor is registered under <see cref="NbdServer"/>; the handle is <c>system.HostedNbdServer()</c>, or injected after <see cref="AddNbdServer"/>.
    /// </summary>
    /// <param name="builder">The system's builder.</param>
    /// <param name="configure">Says where it listens and what it serves.</param>
    /// <remarks>An address that cannot be listened on fails the start of the host (<see cref="NbdListenException"/>), as do certificates that are not valid
    /// (<see cref="NbdException"/>), options that contradict each other (<see cref="ArgumentException"/>) and a limit outside its range
    /// (<see cref="ConfigurationException"/>). One server a system; others by <see cref="KcopydExtension.StartNbdServer"/>.</remarks>
    public static AkkaConfigurationBuilder WithNbdServer(this AkkaConfigurationBuilder builder, Action<NbdServerHostOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(configure);
        var options = new NbdServerHostOptions();
        configure(options);
        var config = options.ToConfig();
        if (!config.IsEmpty)
            builder.AddHocon(config, HoconAddMode.Prepend);
        return builder
            .AddHocon(KcopydExtension.DefaultConfig(), HoconAddMode.Append)
            .WithActors((system, registry, resolver) => registry.Register<NbdServer>(system.HostedNbdServer().Start(options, resolver.GetService<ILogger<NbdServer>>()).Actor));
    }

    /// <summary>The server that <see cref="WithNbdServer"/> starts in this system.</summary>
    public static HostedNbdServer HostedNbdServer(this ActorSystem system) => HostedNbdServerProvider.Instance.Apply(system);

    /// <summary>
    /// Makes <see cref="Hosting.HostedNbdServer"/> injectable, from the host's actor system: also into the constructor of a hosted service, which is made
    /// before the
    /// server has started.
    /// </summary>
    public static IServiceCollection AddNbdServer(this IServiceCollection services)
    {
        ArgumentNullException.ThrowIfNull(services);
        return services.AddSingleton(static provider => (provider.GetService<ActorSystem>()
            ?? throw new InvalidOperationException("A HostedNbdServer is injected from the host's actor system, and there is none: add services.AddAkka(\"name\", akka => akka.WithNbdServer(…)).")).HostedNbdServer());
    }
}
