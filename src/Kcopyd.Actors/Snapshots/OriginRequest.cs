using Kcopyd.Actors.Targets;

namespace Kcopyd.Actors.Snapshots;

/// <summary>An I/O on an origin or a snapshot.</summary>
internal sealed class OriginRequest(OriginCore origin) : DeviceRequest<OriginRequest>(origin)
{
    /// <summary>Null for the origin itself.</summary>
    public SnapshotCore? Snapshot { get; set; }

    protected override void Free()
    {
        Snapshot = null;
        base.Free();
    }
}
