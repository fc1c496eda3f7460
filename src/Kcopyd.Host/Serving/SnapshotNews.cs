using Akka.Actor;
using Kcopyd.Actors.Snapshots;
using Kcopyd.Host.Snapshots;

namespace Kcopyd.Host.Serving;

/// <summary>Reports what happens to snapshots while they are served, with the remedies of the command line.</summary>
internal static class SnapshotNews
{
    /// <summary>Starts listening, unless the log reports the same: it does so at level warning and below.</summary>
    public static void Begin(Engine engine, ServeView view, LogLevel logLevel)
    {
        if (logLevel < LogLevel.Error)
            return;
        var listener = engine.System.ActorOf(Props.Create(() => new Listener(view)), "snapshot-news");
        engine.System.EventStream.Subscribe(listener, typeof(SnapshotFilling));
        engine.System.EventStream.Subscribe(listener, typeof(SnapshotFailed));
    }

    private sealed class Listener(ServeView view) : UntypedActor
    {
        protected override void OnReceive(object message)
        {
            var status = message switch
            {
                SnapshotFilling filling => filling.Status,
                SnapshotFailed failed => failed.Status,
                _ => null,
            };
            if (status is not null && StoreErrors.After(status) is { } told)
                view.Say($"kcopyd: {told}");
        }
    }
}
