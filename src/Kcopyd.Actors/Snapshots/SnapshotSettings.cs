using Akka.Configuration;
using Kcopyd.Actors.Configuration;

namespace Kcopyd.Actors.Snapshots;

/// <summary>The settings of origins and their snapshots, from <c>kcopyd.snapshots</c>.</summary>
public sealed record SnapshotSettings
{
    internal const string Section = "kcopyd.snapshots";

    /// <summary>Bytes of a chunk where nothing else is said: a power of two from 512 to 1 GiB.</summary>
    public required int ChunkSize { get; init; }

    /// <summary>Percentage of a store in use from which on <see cref="SnapshotFilling"/> is published: 1 to 100.</summary>
    public required int FillThreshold { get; init; }

    /// <summary>I/Os of an origin and its snapshots in flight at once, copies not counted: the most I/O workers.</summary>
    public required int MaxIos { get; init; }

    /// <summary>Path of the dispatcher on which the origin's actor and its I/O workers run.</summary>
    public required string Dispatcher { get; init; }

    /// <summary>Reads and checks a section.</summary>
    /// <exception cref="ConfigurationException">A setting is missing, cannot be read or is outside its range; the message names it.</exception>
    public static SnapshotSettings FromConfig(Config config)
    {
        ArgumentNullException.ThrowIfNull(config);
        return From(new ConfigSection(config, Section));
    }

    internal static SnapshotSettings From(ConfigSection section)
    {
        var settings = new SnapshotSettings
        {
            ChunkSize = section.Read("chunk-size", () => checked((int)section.Bytes("chunk-size"))),
            FillThreshold = section.Int("fill-threshold"),
            MaxIos = section.Int("max-ios"),
            Dispatcher = section.Text("dispatcher"),
        };
        ConfigSection.Require(StoreGeometry.IsChunkSize(settings.ChunkSize), section.Path, "chunk-size", settings.ChunkSize, "a power of two from 512 to 1 GiB");
        ConfigSection.Require(settings.FillThreshold is >= 1 and <= 100, section.Path, "fill-threshold", settings.FillThreshold, "a percentage, 1 to 100");
        ConfigSection.Require(settings.MaxIos is >= 1 and <= 1 << 16, section.Path, "max-ios", settings.MaxIos, "1 to 65536");
        return settings;
    }
}
