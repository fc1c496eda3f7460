using Akka.Event;

namespace Kcopyd.Actors.Mirrors;

/// <summary>Reports on a mirror in the log and on the actor system's event stream.</summary>
internal sealed class MirrorNews(string mirror, EventStream events, ILoggingAdapter log)
{
    public void LegFailed(MirrorLegs legs, int leg, IoError error)
    {
        log.Warning("Mirror '{0}': leg {1}, {2}, has failed and is no longer used ({3}); {4} of {5} legs are left. "
            + "Replace it, or return it when it works again.",
            mirror, leg, Device(legs, leg), error.Describe(), legs.WrittenCount, legs.Count);
        events.Publish(new MirrorLegFailed(mirror, leg, Device(legs, leg), error));
    }

    public void ReadFailed(MirrorLegs legs, int leg, long offset, IoError error, int other)
    {
        if (other < 0)
            log.Warning("Mirror '{0}': no leg can read byte {1}; leg {2} reported: {3}.", mirror, offset, leg, error.Describe());
        else
            log.Info("Mirror '{0}': leg {1}, {2}, could not read byte {3} ({4}); leg {5} is read instead.",
                mirror, leg, Device(legs, leg), offset, error.Describe(), other);
    }

    public void Repaired(MirrorLegs legs, int leg, long start, long end)
    {
        log.Info("Mirror '{0}': bytes {1} to {2} of leg {3}, {4}, were rewritten from another leg.", mirror, start, end - 1, leg, Device(legs, leg));
        events.Publish(new MirrorRangeRepaired(mirror, leg, start, end - start));
    }

    public void RecoveryFailed(MirrorLegs legs, int leg, long offset, IoError error)
    {
        log.Error("Mirror '{0}': the region at byte {1} cannot be copied, because leg {2}, {3}, cannot be read: {4}. "
            + "It is tried again when recovery is retried.",
            mirror, offset, leg, Device(legs, leg), error.Describe());
        events.Publish(new MirrorRecoveryFailed(mirror, offset, error));
    }

    public void LogFailed(IBlockDevice device, IoError error)
    {
        log.Error("Mirror '{0}': its log {1} cannot be written: {2}. Writes that need it fail until it can.", mirror, device.Name, error.Describe());
        events.Publish(new MirrorLogFailed(mirror, device.Name, error));
    }

    public void InSync()
    {
        log.Info("Mirror '{0}': all legs in use are equal.", mirror);
        events.Publish(new MirrorInSync(mirror));
    }

    public void Changed(string what) => log.Info("Mirror '{0}': {1}.", mirror, what);

    private static string Device(MirrorLegs legs, int leg) => legs[leg].Device?.Name ?? "-";
}
