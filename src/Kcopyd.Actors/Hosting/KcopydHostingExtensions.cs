using Akka.Actor;
using Akka.Configuration;
using Akka.Hosting;
using Kcopyd.Actors.Client;
using Microsoft.Extensions.DependencyInjection;

namespace Kcopyd.Actors.Hosting;

/// <summary>Kcopyd in a host that runs Akka.NET by Akka.Hosting.</summary>
public static class KcopydHostingExtensions
{
    /// <summary>
    /// Starts the client <see cref="KcopydExtension.DefaultClientName"/> with the actor system and destroys it when the host stops. Its actor is
    /// registered under <see cref="KcopydClient"/>: <c>IRequiredActor&lt;KcopydClient&gt;</c> gets it injected; the handle is
    /// <c>system.Kcopyd().GetClient()</c>, or injected after <see cref="AddKcopydClient(IServiceCollection)"/>.
    /// </summary>
    /// <param name="builder">The system's builder.</param>
    /// <param name="configure">Changes settings of <c>kcopyd.client</c>, which hold for every client of the system that has no others.</param>
    /// <remarks>A setting outside its range fails the start of the host with a <see cref="ConfigurationException"/> that names it.</remarks>
    public static AkkaConfigurationBuilder WithKcopyd(this AkkaConfigurationBuilder builder, Action<KcopydOptions>? configure = null) =>
        builder.Start<KcopydClient>(KcopydExtension.DefaultClientName, "kcopyd.client", configure);

    /// <summary>Like the other form, for a further client with its own name, settings and registry key.</summary>
    /// <typeparam name="TKey">The key of its actor: <c>IRequiredActor&lt;TKey&gt;</c>. Any type of yours.</typeparam>
    /// <param name="builder">The system's builder.</param>
    /// <param name="name">The actor's name.</param>
    /// <param name="configure">Changes settings of <c>kcopyd.clients.NAME</c>, which hold for this client.</param>
    /// <remarks>A setting outside its range, or a key that is taken, fails the start of the host.</remarks>
    public static AkkaConfigurationBuilder WithKcopyd<TKey>(this AkkaConfigurationBuilder builder, string name, Action<KcopydOptions>? configure = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        return builder.Start<TKey>(name, Clients.SectionOf(name), configure);
    }

    /// <summary>
    /// Makes the default client injectable as <see cref="KcopydClient"/>, and the devices of the node as <see cref="DeviceRegistry"/>. Both
    /// come from the host's actor system, so this goes with <c>AddAkka(…)</c>, in any order.
    /// </summary>
    /// <remarks>
    /// What is injected is ready at once, also in the constructor of a hosted service that is made before the system starts. The host owns
    /// it: disposing the handle does nothing.
    /// </remarks>
    public static IServiceCollection AddKcopydClient(this IServiceCollection services)
    {
        ArgumentNullException.ThrowIfNull(services);
        return services
            .AddSingleton(static provider => Kcopyd(provider).GetClient())
            .AddSingleton(static provider => Kcopyd(provider).Devices);
    }

    /// <summary>Makes a further client injectable as <c>[FromKeyedServices("NAME")] KcopydClient</c>.</summary>
    /// <param name="services">The host's services.</param>
    /// <param name="name">The client's name, which is the service's key.</param>
    public static IServiceCollection AddKcopydClient(this IServiceCollection services, string name)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        return services.AddKeyedSingleton(name, static (provider, key) => Kcopyd(provider).GetClient((string)key!));
    }

    private static AkkaConfigurationBuilder Start<TKey>(this AkkaConfigurationBuilder builder, string name, string section, Action<KcopydOptions>? configure)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var options = new KcopydOptions();
        configure?.Invoke(options);
        var config = options.ToConfig(section);
        if (!config.IsEmpty)
            builder.AddHocon(config, HoconAddMode.Prepend);
        return builder.WithActors((system, registry) => registry.Register<TKey>(system.Kcopyd().GetClient(name).Actor));
    }

    private static KcopydExtension Kcopyd(IServiceProvider provider) => (provider.GetService<ActorSystem>()
        ?? throw new InvalidOperationException("A KcopydClient is injected from the host's actor system, and there is none: add services.AddAkka(\"name\", akka => akka.WithKcopyd()).")).Kcopyd();
}
