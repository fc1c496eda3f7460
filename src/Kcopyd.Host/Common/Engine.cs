using Akka.Actor;
using Akka.Configuration;
using Kcopyd.Actors;

namespace Kcopyd.Host.Common;

/// <summary>The actor system of one command. No generic host around it: building one took as long as the rest of a short copy.</summary>
internal sealed class Engine : IDisposable
{
    private Engine(ActorSystem system) => System = system;

    public ActorSystem System { get; }

    public static Engine Start(LogLevel logLevel)
    {
        // With Kcopyd's own defaults from the start: a system that gets them later makes its serializers and dispatchers anew.
        var config = ConfigurationFactory.ParseString(ErrorStreamLog.Hocon(logLevel))
            .WithFallback(ConfigurationFactory.FromResource("kcopyd.host.conf", typeof(Engine).Assembly))
            .WithFallback(KcopydExtension.DefaultConfig());
        return new Engine(ActorSystem.Create("kcopyd", config));
    }

    /// <summary>
    /// Begins the end of the system and does not wait for it. By now its clients have ended, nothing is queued, what was copied is on stable
    /// storage: only Akka.NET's own shutdown is left, and the process ends under it.
    /// </summary>
    public void Dispose() => _ = System.Terminate();
}
