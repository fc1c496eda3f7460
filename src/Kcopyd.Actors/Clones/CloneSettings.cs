using Akka.Configuration;
using Kcopyd.Actors.Configuration;

namespace Kcopyd.Actors.Clones;

/// <summary>The settings of clones, from <c>kcopyd.clones</c>.</summary>
public sealed record CloneSettings
{
    internal const string Section = "kcopyd.clones";

    /// <summary>Default region size in bytes of a new clone: a power of two from 4 KiB to 1 GiB.</summary>
    public required int RegionSize { get; init; }

    /// <summary>Maximum number of regions that the background hydration copies at once; 0 stops it.</summary>
    public required int HydrationThreshold { get; init; }

    /// <summary>Maximum number of consecutive regions that one copy hydrates: 1 to 65536.</summary>
    public required int HydrationBatchSize { get; init; }

    /// <summary>True to start background copies while requests are in flight; false to start them only when the clone is idle.</summary>
    public required bool HydrateUnderLoad { get; init; }

    /// <summary>True if a read from the source moves the background hydration to the regions that were read.</summary>
    public required bool FollowReads { get; init; }

    /// <summary>Maximum time until hydrated regions are committed, if no flush commits them earlier.</summary>
    public required TimeSpan CommitInterval { get; init; }

    /// <summary>The pause of the background hydration after a failed copy. It doubles with each further failure in a row.</summary>
    public required TimeSpan MinRetryDelay { get; init; }

    /// <summary>The longest such pause.</summary>
    public required TimeSpan MaxRetryDelay { get; init; }

    /// <summary>Maximum number of I/Os in flight of a clone, copies not counted; also the maximum number of I/O workers.</summary>
    public required int MaxIos { get; init; }

    /// <summary>Path of the dispatcher on which the clone's actor, its copies and its I/O workers run.</summary>
    public required string Dispatcher { get; init; }

    /// <summary>Reads and checks a section.</summary>
    /// <exception cref="ConfigurationException">A setting is missing, cannot be read or is outside its range; the message names it.</exception>
    public static CloneSettings FromConfig(Config config)
    {
        ArgumentNullException.ThrowIfNull(config);
        return From(new ConfigSection(config, Section));
    }

    internal static CloneSettings From(ConfigSection section) => new CloneSettings
    {
        RegionSize = section.Size(nameof(RegionSize)),
        HydrationThreshold = section.Int(nameof(HydrationThreshold)),
        HydrationBatchSize = section.Int(nameof(HydrationBatchSize)),
        HydrateUnderLoad = section.Bool(nameof(HydrateUnderLoad)),
        FollowReads = section.Bool(nameof(FollowReads)),
        CommitInterval = section.Time(nameof(CommitInterval)),
        MinRetryDelay = section.Time(nameof(MinRetryDelay)),
        MaxRetryDelay = section.Time(nameof(MaxRetryDelay)),
        MaxIos = section.Int(nameof(MaxIos)),
        Dispatcher = section.Text(nameof(Dispatcher)),
    }.Checked(section.Path);

    private CloneSettings Checked(string path)
    {
        var (shortest, longest) = (TimeSpan.FromMilliseconds(1), TimeSpan.FromDays(1));
        ConfigSection.Require(CloneGeometry.IsRegionSize(RegionSize), path, RegionSize, "a power of two from 4 KiB to 1 GiB");
        ConfigSection.Require(HydrationThreshold >= 0, path, HydrationThreshold, "at least 0");
        ConfigSection.Require(HydrationBatchSize is >= 1 and <= 1 << 16, path, HydrationBatchSize, "1 to 65536");
        ConfigSection.Require(CommitInterval >= shortest && CommitInterval <= longest, path, CommitInterval, "1 ms to 1 day");
        ConfigSection.Require(MinRetryDelay >= shortest && MinRetryDelay <= longest, path, MinRetryDelay, "1 ms to 1 day");
        ConfigSection.Require(MaxRetryDelay >= MinRetryDelay && MaxRetryDelay <= longest, path, MaxRetryDelay, "min-retry-delay to 1 day");
        ConfigSection.Require(MaxIos is >= 1 and <= 1 << 16, path, MaxIos, "1 to 65536");
        return this;
    }
}
