using Akka.Actor;

namespace Kcopyd.Actors.Snapshots;

/// <summary>Options of a host's snapshot origin in code: <see cref="KcopydBuilder.AddOrigin"/>.</summary>
public sealed class OriginHostOptions
{
    private readonly List<HostedSnapshot> _snapshots = [];

    /// <summary>Identifies the device; null uses <see cref="OriginIdentity.Of"/>, which supports files and block devices.</summary>
    public OriginIdentity? Identity { get; set; }

    internal IReadOnlyList<HostedSnapshot> Snapshots => _snapshots;

    /// <summary>Takes a snapshot when the system starts, or opens the one that the store already contains.</summary>
    /// <param name="name">Its name in <c>system.Kcopyd().Devices</c>, and in metrics.</param>
    /// <param name="open">Opens the device of its store.</param>
    /// <param name="options">Options for creating or opening it.</param>
    public OriginHostOptions AddSnapshot(string name, Func<ActorSystem, IBlockDevice> open, SnapshotOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentNullException.ThrowIfNull(open);
        _snapshots.Add(new HostedSnapshot(name, open, (options ?? new SnapshotOptions()) with { Name = name, LeaveOpen = false }));
        return this;
    }
}

internal sealed record HostedSnapshot(string Name, Func<ActorSystem, IBlockDevice> Open, SnapshotOptions Options);
