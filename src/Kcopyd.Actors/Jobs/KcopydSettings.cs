using Akka.Configuration;
using Kcopyd.Actors.Configuration;

namespace Kcopyd.Actors;

/// <summary>The settings of a client; the defaults, units and reasons are in <c>reference.conf</c> under <c>kcopyd.client</c>.</summary>
public sealed record KcopydSettings
{
    /// <summary>Maximum bytes of a job that are read and written as one piece: a multiple of 4096, from 4096 to 1 MiB.</summary>
    public required int SubJobSize { get; init; }

    /// <summary>Maximum sub-jobs of one job in flight.</summary>
    public required int SubJobsPerJob { get; init; }

    /// <summary>Maximum sub-jobs of the client in flight, and therefore the maximum number of crews.</summary>
    public required int MaxSubJobs { get; init; }

    /// <summary>Maximum destinations of a job, 1 to 64.</summary>
    public required int MaxDestinations { get; init; }

    /// <summary>Maximum jobs that are admitted and not yet notified, including waiting ones; further jobs are refused.</summary>
    public required int MaxJobs { get; init; }

    /// <summary>Maximum outstanding prepared callbacks; further ones are refused.</summary>
    public required int MaxPreparedCallbacks { get; init; }

    /// <summary>Maximum size of the page pool in bytes; at least one sub-job, which is the reserve.</summary>
    public required long PagePoolSize { get; init; }

    /// <summary>True to recycle crews between jobs; false to spawn one for each sub-job and stop it afterwards.</summary>
    public required bool RecycleCrews { get; init; }

    /// <summary>Percentage of time in which the client may have I/O in flight, 1 to 100.</summary>
    public required int ThrottlePercent { get; init; }

    /// <summary>Maximum bytes read per second; 0 for no limit.</summary>
    public required long BytesPerSecond { get; init; }

    /// <summary>Methods of avoiding reads and writes that may be used where devices support them.</summary>
    public OffloadKinds Offload { get; init; } = OffloadKinds.Default;

    /// <summary>Minimum time between two progress messages of one subscription.</summary>
    public required TimeSpan ProgressInterval { get; init; }

    /// <summary>Number of results kept for repeated requests with an id.</summary>
    public int RememberedResults { get; init; } = 1000;

    /// <summary>How long a cancelled job waits for its I/O in flight. I/O that has not completed by then fails as <see cref="IoError.TimedOut"/>, and the job
    /// is notified. Zero waits forever.</summary>
    public TimeSpan CancelTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Dispatcher of the client actor, on which callbacks run.</summary>
    public required string Dispatcher { get; init; }

    /// <summary>Dispatcher of readers and writers, which may block on I/O.</summary>
    public required string WorkerDispatcher { get; init; }

    /// <summary>Reads and validates the section of a client.</summary>
    /// <param name="config">The section.</param>
    /// <param name="path">Path of the section, for messages.</param>
    /// <exception cref="ConfigurationException">A value is missing, invalid or out of range; the message names the setting.</exception>
    public static KcopydSettings FromConfig(Config config, string path = "kcopyd.client")
    {
        ArgumentNullException.ThrowIfNull(config);
        return From(new ConfigSection(config, path));
    }

    internal static KcopydSettings From(ConfigSection section) => new KcopydSettings
    {
        SubJobSize = section.Size(nameof(SubJobSize)),
        SubJobsPerJob = section.Int(nameof(SubJobsPerJob)),
        MaxSubJobs = section.Int(nameof(MaxSubJobs)),
        MaxDestinations = section.Int(nameof(MaxDestinations)),
        MaxJobs = section.Int(nameof(MaxJobs)),
        MaxPreparedCallbacks = section.Int(nameof(MaxPreparedCallbacks)),
        PagePoolSize = section.Bytes(nameof(PagePoolSize)),
        RecycleCrews = section.Bool(nameof(RecycleCrews)),
        ThrottlePercent = section.Int(nameof(ThrottlePercent)),
        BytesPerSecond = section.Bytes(nameof(BytesPerSecond)),
        Offload = section.Names(nameof(Offload), OffloadNames.Parse),
        ProgressInterval = section.Time(nameof(ProgressInterval)),
        RememberedResults = section.Int(nameof(RememberedResults)),
        CancelTimeout = section.Time(nameof(CancelTimeout)),
        Dispatcher = section.Text(nameof(Dispatcher)),
        WorkerDispatcher = section.Text(nameof(WorkerDispatcher)),
    }.Checked(section.Path);

    /// <summary>Returns these settings if every value is in range.</summary>
    /// <exception cref="ConfigurationException">A value is out of range; the message names the setting and the range.</exception>
    internal KcopydSettings Checked(string path = "kcopyd.client")
    {
        ConfigSection.Require(SubJobSize is >= 4096 and <= 1 << 20 && SubJobSize % 4096 == 0, path, SubJobSize, "a multiple of 4096 from 4096 to 1 MiB");
        ConfigSection.Require(SubJobsPerJob >= 1, path, SubJobsPerJob, "at least 1");
        ConfigSection.Require(MaxSubJobs >= 1, path, MaxSubJobs, "at least 1");
        ConfigSection.Require(MaxDestinations is >= 1 and <= 64, path, MaxDestinations, "1 to 64, the number of bits in the result");
        ConfigSection.Require(MaxJobs >= 1, path, MaxJobs, "at least 1");
        ConfigSection.Require(MaxPreparedCallbacks >= 1, path, MaxPreparedCallbacks, "at least 1");
        ConfigSection.Require(PagePoolSize >= SubJobSize, path, PagePoolSize, "at least sub-job-size, which is the reserve");
        ConfigSection.Require(ThrottlePercent is >= 1 and <= 100, path, ThrottlePercent, "1 to 100");
        ConfigSection.Require(BytesPerSecond >= 0, path, BytesPerSecond, "0 (no limit) or more");
        ConfigSection.Require((Offload & ~OffloadKinds.All) == 0, path, Offload, "a combination of OffloadKinds values");
        ConfigSection.Require(ProgressInterval > TimeSpan.Zero, path, ProgressInterval, "longer than zero");
        ConfigSection.Require(CancelTimeout >= TimeSpan.Zero, path, CancelTimeout, "0 (waits forever) or longer");
        ConfigSection.Require(RememberedResults >= 0, path, RememberedResults, "0 or more");
        ConfigSection.Require(!string.IsNullOrWhiteSpace(Dispatcher), path, Dispatcher, "the path of a dispatcher's section");
        ConfigSection.Require(!string.IsNullOrWhiteSpace(WorkerDispatcher), path, WorkerDispatcher, "the path of a dispatcher's section");
        return this;
    }
}
