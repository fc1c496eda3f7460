using Akka.Event;

namespace Kcopyd.Actors.Clones;

/// <summary>Reports on a clone in the log and on the actor system's event stream.</summary>
internal sealed class CloneNews(EventStream events, ILoggingAdapter log)
{
    public void Hydrated(CloneStatus status)
    {
        log.Info("Clone '{0}' is hydrated: its source is no longer needed.", status.Name);
        events.Publish(new CloneHydrated(status));
    }

    public void HydrationFailed(CloneHydrationFailed failure)
    {
        log.Warning("Clone '{0}': {1} bytes at {2} could not be {3} ({4}); the hydration continues in {5} s.", failure.Name, failure.Length, failure.Offset,
            failure.OnSource ? "read from its source" : "written to its destination", failure.Error.Describe(), failure.Pause.TotalSeconds);
        events.Publish(failure);
    }

    public void ReadOnly(CloneStatus status, IoError error)
    {
        log.Error("Clone '{0}' is {1}: its metadata could not be committed ({2}). Open it again when the cause is removed.", status.Name,
            status.Mode == CloneMode.Failed ? "failed" : "read-only", error.Describe());
        events.Publish(new CloneReadOnly(status, error));
    }
}
