using Kcopyd.Actors.Client;
using Kcopyd.Actors.Devices;
using Kcopyd.Actors.Messaging;
using Kcopyd.Actors.Targets;

namespace Kcopyd.Actors.Clones;

/// <summary>The devices of a clone.</summary>
/// <param name="Source">Read only.</param>
/// <param name="Destination">Holds the hydrated regions.</param>
/// <param name="Metadata">Says which regions these are.</param>
internal sealed record CloneDevices(IBlockDevice Source, IBlockDevice Destination, IBlockDevice Metadata);

/// <summary>The state that the handle of a clone (any thread) shares with its actor.</summary>
internal sealed class CloneCore(
    string name, CloneDevices devices, CloneSettings settings, CloneOptions options, Clients clients, Elsewhere elsewhere)
    : DeviceTarget<CloneRequest>(elsewhere)
{
    private const int MaxZeroedRegions = 1024, MaxDiscardedRegions = 1 << 16;

    private volatile CloneMode _mode;

    public string Name => name;

    public CloneDevices Devices => devices;

    public CloneGeometry Geometry { get; private set; }

    /// <summary>The committed metadata; used by the actor only.</summary>
    public MetadataImage Image { get; private set; } = null!;

    /// <summary>The hydrated regions, marked by the actor only.</summary>
    public RegionMap Map { get; private set; } = null!;

    public CloneSettings Settings => settings;

    public CloneOptions Options => options;

    /// <summary>Limits the background hydration.</summary>
    public KcopydThrottle Throttle { get; } = options.Throttle ?? new KcopydThrottle();

    /// <summary>Creates the copy clients.</summary>
    public Clients Clients => clients;

    /// <summary>Completes when all regions are hydrated and committed.</summary>
    public Completion<Akka.Done> Hydrated { get; } = new(elsewhere.Completions);

    /// <summary>Set by the actor only.</summary>
    public CloneMode Mode
    {
        get => _mode;
        set => _mode = value;
    }

    /// <summary>Sets the metadata, before the actor opens and before there is a handle.</summary>
    public void Load(MetadataImage image) => (Geometry, Image, Map) = (image.Geometry, image, new RegionMap(image.Geometry, image.Words));

    protected override CloneRequest Create() => new(this);

    // A discard ends with a region, so that none is lost between two requests.
    protected override long Limit(DeviceOperation operation, long offset, long length) => operation switch
    {
        DeviceOperation.Zero or DeviceOperation.Punch => Math.Min(length, RegionsFrom(offset, MaxZeroedRegions)),
        DeviceOperation.Discard => Math.Min(length, RegionsFrom(offset, MaxDiscardedRegions)),
        _ => base.Limit(operation, offset, length),
    };

    private long RegionsFrom(long offset, int regions) => ((Geometry.RegionOf(offset) + regions) * Geometry.RegionSize) - offset;
}

/// <summary>An I/O on a clone.</summary>
internal sealed class CloneRequest(CloneCore clone) : DeviceRequest<CloneRequest>(clone);
