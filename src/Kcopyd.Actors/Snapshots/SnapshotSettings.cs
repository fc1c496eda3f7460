using Akka.Configuration;
using Kcopyd.Actors.Devices;

namespace Kcopyd.Actors.Snapshots;

/// <summary>The settings of origins and their snapshots, from <c>kcopyd.snapshots</c>.</summary>
public sealed record SnapshotSettings
{
    /// <summary>Bytes of a chunk where nothing else is said: a power of two from 512 to 1 GiB.</summary>
    public required int ChunkSize { get; init; }

    /// <summary>Percentage of a store in use from which on <see cref="SnapshotFilling"/> is published: 1 to 100.</summary>
    public required int FillThreshold { get; init; }

    /// <summary>I/Os of an origin and its snapshots in flight at once, copies not counted: the most I/O workers.</summary>
    public required int MaxIos { get; init; }

    /// <summary>Path of the dispatcher on which the origin's actor and its I/O workers run.</summary>
    public required string Dispatcher { get; init; }

    /// <summary>Reads and checks a section.</summary>
    /// <exception cref="ConfigurationException">A setting is outside its range; the message names it.</exception>
    public static SnapshotSettings FromConfig(Config config)
    {
        ArgumentNullException.ThrowIfNull(config);
        return new SnapshotSettings
        {
            ChunkSize = (int)Require("chunk-size", config.GetByteSize("chunk-size") ?? 0, StoreGeometry.IsChunkSize, "a power of two from 512 to 1 GiB"),
            FillThreshold = (int)Require("fill-threshold", config.GetInt("fill-threshold"), static percent => percent is >= 1 and <= 100, "a percentage, 1 to 100"),
            MaxIos = (int)Require("max-ios", config.GetInt("max-ios"), static count => count is >= 1 and <= 1 << 16, "1 to 65536"),
            Dispatcher = config.GetString("dispatcher"),
        };
    }

    private static long Require(string key, long value, Func<long, bool> holds, string range) =>
        holds(value) ? value : throw new ConfigurationException($"kcopyd.snapshots.{key} = {value}: must be {range}.");
}
