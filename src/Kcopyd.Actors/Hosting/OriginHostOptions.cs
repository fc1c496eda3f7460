using Akka.Actor;

namespace Kcopyd.Actors.Snapshots;

/// <summary>An origin of snapshots of a host, in code: <see cref="KcopydBuilder.AddOrigin"/>.</summary>
public sealed class OriginHostOptions
{
    private readonly List<HostedSnapshot> _snapshots = [];

    /// <summary>Distinguishes the device from others; null takes <see cref="OriginIdentity.Of"/>, which knows files and block devices.</summary>
    public OriginIdentity? Identity { get; set; }

    internal IReadOnlyList<HostedSnapshot> Snapshots => _snapshots;

    /// <summary>Takes a snapshot when the system starts, or opens the one that is in the store already.</summary>
    /// <param name="name">Its name in <c>system.Kcopyd().Devices</c>, and in metrics.</param>
    /// <param name="open">Opens the device of its store.</param>
    /// <param name="options">How it is made or opened.</param>
    public OriginHostOptions AddSnapshot(string name, Func<ActorSystem, IBlockDevice> open, SnapshotOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentNullException.ThrowIfNull(open);
        _snapshots.Add(new HostedSnapshot(name, open, (options ?? new SnapshotOptions()) with { Name = name, LeaveOpen = false }));
        return this;
    }
}

internal sealed record HostedSnapshot(string Name, Func<ActorSystem, IBlockDevice> Open, SnapshotOptions Options);
