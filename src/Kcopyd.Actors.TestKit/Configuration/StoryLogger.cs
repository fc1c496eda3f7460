using Akka.Actor;
using Akka.Event;
using Kcopyd.Actors.TestKit.Scheduling;

namespace Kcopyd.Actors.TestKit.Configuration;

/// <summary>
/// Adds the log events of a simulated actor system to the world's story. It is no actor, so that the level of the log does not change the history, and the
/// start of the system does not wait for it.
/// </summary>
internal sealed class StoryLogger(IActorRefProvider provider, Process process, string level) : MinimalActorRef
{
    public override ActorPath Path { get; } = provider.RootPath / "story";

    public override IActorRefProvider Provider => provider;

    private readonly LogLevel? _lowest = level == "OFF" ? null : Logging.LogLevelFor(level);

    /// <summary>Subscribes to all log events, whatever the level: the event stream sends a message for each subscription, which is part of
    /// the history.</summary>
    public static void Attach(ActorSystem system, Process process, string level) =>
        system.EventStream.Subscribe(new StoryLogger(((ExtendedActorSystem)system).Provider, process, level), typeof(LogEvent));

    protected override void TellInternal(object message, IActorRef sender)
    {
        if (message is not LogEvent log || !(log.LogLevel() >= _lowest))
            return;
        var name = log.LogLevel().ToString().Replace("Level", "", StringComparison.Ordinal);
        process.Engine.Tell(process.ToString(), $"{name}: {log.Message}{Cause(log)} [{log.LogSource}]");
    }

    private static string Cause(LogEvent log) => log.Cause is { } cause ? $" ({cause.GetType().Name}: {cause.Message})" : "";
}
