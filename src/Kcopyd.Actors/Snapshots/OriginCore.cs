using Kcopyd.Actors.Client;
using Kcopyd.Actors.Messaging;
using Kcopyd.Actors.Targets;

namespace Kcopyd.Actors.Snapshots;

/// <summary>The state that the handles of an origin and its snapshots (any thread) share with the origin's actor.</summary>
internal sealed class OriginCore(string name, IBlockDevice device, SnapshotSettings settings, OriginIdentity identity, Clients clients, Elsewhere elsewhere)
    : DeviceTarget<OriginRequest>(elsewhere)
{
    public string Name { get; } = name;

    public IBlockDevice Device { get; } = device;

    public SnapshotSettings Settings { get; } = settings;

    public OriginIdentity Identity { get; } = identity;

    /// <summary>Creates the copy client.</summary>
    public Clients Clients { get; } = clients;

    protected override OriginRequest Create() => new(this);
}
