using Akka.Configuration;
using Kcopyd.Actors.Configuration;

namespace Kcopyd.Actors.Snapshots;

/// <summary>The settings of origins and their snapshots, from <c>kcopyd.snapshots</c>.</summary>
public sealed record SnapshotSettings
{
    internal const string Section = "kcopyd.snapshots";

    /// <summary>Default chunk size in bytes: a power of two from 512 to 1 GiB.</summary>
    public required int ChunkSize { get; init; }

    /// <summary>Percentage of a store in use at which <see cref="SnapshotFilling"/> is published: 1 to 100.</summary>
    public required int FillThreshold { get; init; }

    /// <summary>Maximum number of I/Os in flight of an origin and its snapshots, copies not counted; also the maximum number of I/O workers.</summary>
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

    internal static SnapshotSettings From(ConfigSection section) => new SnapshotSettings
    {
        ChunkSize = section.Size(nameof(ChunkSize)),
        FillThreshold = section.Int(nameof(FillThreshold)),
        MaxIos = section.Int(nameof(MaxIos)),
        Dispatcher = section.Text(nameof(Dispatcher)),
    }.Checked(section.Path);

    private SnapshotSettings Checked(string path)
    {
        ConfigSection.Require(StoreGeometry.IsChunkSize(ChunkSize), path, ChunkSize, "a power of two from 512 to 1 GiB");
        ConfigSection.Require(FillThreshold is >= 1 and <= 100, path, FillThreshold, "a percentage, 1 to 100");
        ConfigSection.Require(MaxIos is >= 1 and <= 1 << 16, path, MaxIos, "1 to 65536");
        return this;
    }
}
