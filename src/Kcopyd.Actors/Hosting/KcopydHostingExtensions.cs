using Akka.Actor;
using Akka.Configuration;
using Akka.Hosting;
using Kcopyd.Actors.Nbd;
using Microsoft.Extensions.DependencyInjection;

namespace Kcopyd.Actors;

/// <summary>Adds Kcopyd to a host that runs Akka.NET with Akka.Hosting.</summary>
public static class KcopydHostingExtensions
{
    /// <summary>
    /// Starts the client <see cref="KcopydExtension.DefaultClientName"/>, and everything else that is added to the builder, with the actor system. All of it
    /// ends with the host. The client's actor is registered under <see cref="KcopydClient"/> and can be injected as
    /// <c>IRequiredActor&lt;KcopydClient&gt;</c>. The handle is <c>system.Kcopyd().GetClient()</c>, or is injected after <see cref="AddKcopyd"/>.
    /// </summary>
    /// <param name="builder">The system's builder.</param>
    /// <param name="configure">Adds clients, snapshot origins and an NBD server, which start in the order of the calls.</param>
    /// <remarks>If a setting is outside its range, the start of the host fails with a <see cref="ConfigurationException"/> that names it.</remarks>
    public static AkkaConfigurationBuilder WithKcopyd(this AkkaConfigurationBuilder builder, Action<KcopydBuilder>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var kcopyd = new KcopydBuilder(builder);
        configure?.Invoke(kcopyd);
        kcopyd.Complete();
        return builder;
    }

    /// <summary>
    /// Makes the default client injectable as <see cref="KcopydClient"/>, the devices of the node as <see cref="DeviceRegistry"/>, and the NBD server as
    /// <see cref="HostedNbdServer"/>. All of them come from the host's actor system, so <c>AddAkka(…)</c> is also required, in any order.
    /// </summary>
    /// <remarks>
    /// Injected objects are ready at once, even in the constructor of a hosted service that is created before the system starts. The host owns them:
    /// disposing a handle does nothing.
    /// </remarks>
    public static IServiceCollection AddKcopyd(this IServiceCollection services)
    {
        ArgumentNullException.ThrowIfNull(services);
        return services
            .AddSingleton(static provider => Kcopyd(provider).GetClient())
            .AddSingleton(static provider => Kcopyd(provider).Devices)
            .AddSingleton(static provider => Kcopyd(provider).HostedNbdServer());
    }

    /// <summary>Makes another client injectable as <c>[FromKeyedServices("NAME")] KcopydClient</c>.</summary>
    /// <param name="services">The host's services.</param>
    /// <param name="name">The client's name, which is the service's key.</param>
    public static IServiceCollection AddKcopydClient(this IServiceCollection services, string name)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        return services.AddKeyedSingleton(name, static (provider, key) => Kcopyd(provider).GetClient((string)key!));
    }

    /// <summary>The server that <see cref="KcopydBuilder.AddNbdServer"/> starts in this system.</summary>
    public static HostedNbdServer HostedNbdServer(this KcopydExtension kcopyd)
    {
        ArgumentNullException.ThrowIfNull(kcopyd);
        return HostedNbdServerProvider.Instance.Apply(kcopyd.System);
    }

    private static KcopydExtension Kcopyd(IServiceProvider provider) => (provider.GetService<ActorSystem>()
        ?? throw new InvalidOperationException("Kcopyd is injected from the host's actor system, and there is none: "
            + "add services.AddAkka(\"name\", akka => akka.WithKcopyd()).")).Kcopyd();
}
