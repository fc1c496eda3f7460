using Kcopyd.Actors.Client;
using Kcopyd.Actors.Messaging;
using Kcopyd.Actors.Targets;

namespace Kcopyd.Actors.Mirrors;

/// <summary>The state that the handle of a mirror (any thread) shares with its actor.</summary>
internal sealed class MirrorCore(string name, MirrorGeometry geometry, MirrorSettings settings, MirrorOptions options, Clients clients, Elsewhere elsewhere)
    : DeviceTarget<MirrorRequest>(elsewhere)
{
    private volatile KcopydClient? _copies;
    private volatile IBlockDevice[] _devices = [];
    private volatile IBlockDevice[] _allDevices = [];

    public string Name { get; } = name;

    public MirrorGeometry Geometry { get; } = geometry;

    public MirrorSettings Settings { get; } = settings;

    public MirrorOptions Options { get; } = options;

    /// <summary>Creates the copy client.</summary>
    public Clients Clients { get; } = clients;

    /// <summary>Limits recovery.</summary>
    public KcopydThrottle Throttle { get; } = options.Throttle ?? new KcopydThrottle();

    /// <summary>The devices of the legs in use. Replaced by the actor when legs are changed.</summary>
    public IBlockDevice[] Devices { get => _devices; set => _devices = value; }

    /// <summary>The devices of all legs that are present.</summary>
    public IBlockDevice[] AllDevices { get => _allDevices; set => _allDevices = value; }

    /// <summary>What all legs in use can do.</summary>
    public DeviceFeatures Features
    {
        get
        {
            const DeviceFeatures Shared = DeviceFeatures.WriteZeroes | DeviceFeatures.Discard;
            var (all, any) = (Shared, DeviceFeatures.None);
            foreach (var device in _devices)
                (all, any) = (all & device.Features, any | device.Features);
            return all | (any & DeviceFeatures.VolatileCache);
        }
    }

    /// <summary>The unit of I/O that every leg in use accepts, in bytes.</summary>
    public int Unit => Math.Max(LogicalBlockSize, Alignment);

    public int LogicalBlockSize => _devices.Max(static leg => leg.LogicalBlockSize);

    public int Alignment => _devices.Max(static leg => leg.Alignment);

    public MirrorCounts Counts { get; } = new();

    /// <summary>The copy client, once the actor runs.</summary>
    public KcopydClient? Copies { get => _copies; set => _copies = value; }

    protected override MirrorRequest Create() => new(this);
}
