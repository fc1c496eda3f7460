using Akka.Actor;
using Akka.Event;

namespace Kcopyd.Actors.TestKit.Configuration;

/// <summary>
/// Adds the log events of a simulated actor system to the world's story. It is no actor, so that the level of the log does not change the history, and the start
/// of the system does not wait for it.
/// </summary>
internal sealed class StoryLogger(IActorRefProvider provider, World world, string process) : MinimalActorRef
{
    public override ActorPath Path { get; } = provider.RootPath / "story";

    public override IActorRefProvider Provider => provider;

    /// <summary>Subscribes to the events of the world's level and of higher ones.</summary>
    public static void Attach(ActorSystem system, World world, string process)
    {
        if (world.Options.LogLevel == "OFF")
            return;
        var logger = new StoryLogger(((ExtendedActorSystem)system).Provider, world, process);
        var lowest = Logging.LogLevelFor(world.Options.LogLevel);
        for (var level = lowest; level <= LogLevel.ErrorLevel; level++)
            system.EventStream.Subscribe(logger, level.ClassFor());
    }

    protected override void TellInternal(object message, IActorRef sender)
    {
        if (message is LogEvent log)
            world.Tell(process, $"{log.LogLevel().ToString().Replace("Level", "", StringComparison.Ordinal)}: {log.Message}{Cause(log)} [{log.LogSource}]");
    }

    private static string Cause(LogEvent log) => log.Cause is { } cause ? $" ({cause.GetType().Name}: {cause.Message})" : "";
}
