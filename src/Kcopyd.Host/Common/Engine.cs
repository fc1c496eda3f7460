using Akka.Actor;
using Akka.Configuration;
using Kcopyd.Actors;

namespace Kcopyd.Host.Common;

/// <summary>The actor system of one command. It has no generic host: building one took as long as the rest of a short copy.</summary>
internal sealed class Engine : IDisposable
{
    private Engine(ActorSystem system) => System = system;

    public ActorSystem System { get; }

    public static Engine Start(LogLevel logLevel)
    {
        // Kcopyd's defaults are included from the start: a system that receives them later recreates its serializers and dispatchers.
        var config = ConfigurationFactory.ParseString(ErrorStreamLog.Hocon(logLevel))
            .WithFallback(ConfigurationFactory.FromResource("kcopyd.host.conf", typeof(Engine).Assembly))
            .WithFallback(KcopydExtension.DefaultConfig());
        return new Engine(ActorSystem.Create("kcopyd", config));
    }

    /// <summary>
    /// Starts the termination of the system and does not wait for it. At this point all clients have ended, nothing is queued, and all copied data is on stable
    /// storage: only Akka.NET's own shutdown remains, and the process may exit before it completes.
    /// </summary>
    public void Dispose() => _ = System.Terminate();
}
