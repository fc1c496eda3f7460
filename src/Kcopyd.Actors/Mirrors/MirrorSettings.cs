using Akka.Configuration;
using Kcopyd.Actors.Configuration;

namespace Kcopyd.Actors.Mirrors;

/// <summary>The settings of mirrors, from <c>kcopyd.mirrors</c>.</summary>
public sealed record MirrorSettings
{
    internal const string Section = "kcopyd.mirrors";

    /// <summary>Default size of a region in bytes: a power of two from 1 KiB to 1 TiB.</summary>
    public required long RegionSize { get; init; }

    /// <summary>Maximum number of I/Os of a mirror on its legs in flight, copies not counted.</summary>
    public required int MaxIos { get; init; }

    /// <summary>Maximum number of ranges that recovery and repairs copy at once.</summary>
    public required int MaxRecoveries { get; init; }

    /// <summary>How often idle regions are looked for, to be recorded as clean.</summary>
    public required TimeSpan CleanDelay { get; init; }

    /// <summary>Path of the dispatcher on which the mirror's actor and its I/O workers run.</summary>
    public required string Dispatcher { get; init; }

    /// <summary>Reads and checks a section.</summary>
    /// <exception cref="ConfigurationException">A setting is missing, cannot be read or is outside its range; the message names it.</exception>
    public static MirrorSettings FromConfig(Config config)
    {
        ArgumentNullException.ThrowIfNull(config);
        return From(new ConfigSection(config, Section));
    }

    internal static MirrorSettings From(ConfigSection section) => new MirrorSettings
    {
        RegionSize = section.Bytes(nameof(RegionSize)),
        MaxIos = section.Int(nameof(MaxIos)),
        MaxRecoveries = section.Int(nameof(MaxRecoveries)),
        CleanDelay = section.Time(nameof(CleanDelay)),
        Dispatcher = section.Text(nameof(Dispatcher)),
    }.Checked(section.Path);

    private MirrorSettings Checked(string path)
    {
        ConfigSection.Require(MirrorGeometry.IsRegionSize(RegionSize), path, RegionSize, "a power of two from 1 KiB to 1 TiB");
        ConfigSection.Require(MaxIos is >= 1 and <= 1 << 16, path, MaxIos, "1 to 65536");
        ConfigSection.Require(MaxRecoveries is >= 1 and <= 256, path, MaxRecoveries, "1 to 256");
        ConfigSection.Require(CleanDelay > TimeSpan.Zero && CleanDelay <= TimeSpan.FromDays(1), path, CleanDelay, "greater than 0 and at most a day");
        return this;
    }
}
