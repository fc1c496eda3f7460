using Akka.Event;

namespace Kcopyd.Actors.Nbd.Client;

/// <summary>Reports the state of a device in the log, on the actor system's event stream, and to its handle.</summary>
internal sealed class DeviceNews(NbdClientCore core, EventStream events, ILoggingAdapter log)
{
    public void Opened()
    {
        if (core.Terms is { Complaint: { } complaint } terms)
        {
            log.Warning("{0}: {1}; requests are aligned to {2} bytes and have at most {3}.",
                core.Name, complaint, terms.MinimumBlockSize, terms.MaximumPayload);
        }
    }

    public void Lost(string reason)
    {
        log.Warning("{0}: the server is lost: {1}; reconnecting for up to {2} s", core.Name, reason, core.Options.ReconnectLimit.TotalSeconds);
        Publish(NbdDeviceState.Reconnecting, reason);
    }

    public void NotFound(string reason) => log.Debug("{0}: {1}", core.Name, reason);

    public void Regained()
    {
        log.Info("{0}: the server is back", core.Name);
        Publish(NbdDeviceState.Connected, "");
    }

    public void Failed(string reason, bool hasUnflushed)
    {
        log.Error("{0}: the device has failed for good: {1}.{2}", core.Name, reason, hasUnflushed ? " Writes that were not flushed may be lost." : "");
        Publish(NbdDeviceState.Failed, reason);
    }

    private void Publish(NbdDeviceState state, string reason)
    {
        core.State = state;
        events.Publish(new NbdDeviceStateChanged(core.Name, state, reason));
    }
}
