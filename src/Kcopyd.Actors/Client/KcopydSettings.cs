using Akka.Configuration;

namespace Kcopyd.Actors.Client;

/// <summary>The settings of a client; the defaults, units and reasons are in <c>reference.conf</c> under <c>kcopyd.client</c>.</summary>
public sealed record KcopydSettings
{
    /// <summary>Largest piece of a job that is read and written at once, in bytes: a multiple of 4096, from 4096 to 1 MiB.</summary>
    public required int SubJobSize { get; init; }

    /// <summary>Sub-jobs of one job that are in flight at once.</summary>
    public required int SubJobsPerJob { get; init; }

    /// <summary>Sub-jobs of the client that are in flight at once, and so the most crews that it hires.</summary>
    public required int MaxSubJobs { get; init; }

    /// <summary>Most destinations of a job, 1 to 64.</summary>
    public required int MaxDestinations { get; init; }

    /// <summary>Jobs that are admitted and not yet notified, waiting ones included; one more is refused.</summary>
    public required int MaxJobs { get; init; }

    /// <summary>Prepared callbacks that are outstanding; one more is refused.</summary>
    public required int MaxPreparedCallbacks { get; init; }

    /// <summary>Bound of the page pool in bytes; at least one sub-job, which is the reserve.</summary>
    public required long PagePoolSize { get; init; }

    /// <summary>True: crews are recycled between jobs. False: literally spawned for each sub-job and stopped after it.</summary>
    public required bool RecycleCrews { get; init; }

    /// <summary>Percentage of time that the client may keep I/O in flight, 1 to 100.</summary>
    public required int ThrottlePercent { get; init; }

    /// <summary>Bytes that may be read a second; 0 is no limit.</summary>
    public required long BytesPerSecond { get; init; }

    /// <summary>Shortest time between two progress messages of one subscription.</summary>
    public required TimeSpan ProgressInterval { get; init; }

    /// <summary>Dispatcher of the client actor, where callbacks run.</summary>
    public required string Dispatcher { get; init; }

    /// <summary>Dispatcher of readers and writers, which may block on I/O.</summary>
    public required string WorkerDispatcher { get; init; }

    /// <summary>Reads and checks the section <c>kcopyd.client</c>.</summary>
    /// <exception cref="ConfigurationException">A value is missing or outside its range; the message names the setting.</exception>
    public static KcopydSettings FromConfig(Config config)
    {
        ArgumentNullException.ThrowIfNull(config);
        return new KcopydSettings
        {
            SubJobSize = Bytes(config, "sub-job-size", int.MaxValue),
            SubJobsPerJob = config.GetInt("sub-jobs-per-job"),
            MaxSubJobs = config.GetInt("max-sub-jobs"),
            MaxDestinations = config.GetInt("max-destinations"),
            MaxJobs = config.GetInt("max-jobs"),
            MaxPreparedCallbacks = config.GetInt("max-prepared-callbacks"),
            PagePoolSize = config.GetByteSize("page-pool-size") ?? 0,
            RecycleCrews = config.GetBoolean("recycle-crews"),
            ThrottlePercent = config.GetInt("throttle-percent"),
            BytesPerSecond = config.GetByteSize("bytes-per-second") ?? 0,
            ProgressInterval = config.GetTimeSpan("progress-interval"),
            Dispatcher = config.GetString("dispatcher"),
            WorkerDispatcher = config.GetString("worker-dispatcher"),
        }.Checked();
    }

    /// <summary>Returns these settings if every value is in its range.</summary>
    /// <exception cref="ConfigurationException">A value is outside its range; the message names the setting and the range.</exception>
    internal KcopydSettings Checked()
    {
        Require(SubJobSize is >= 4096 and <= 1 << 20 && SubJobSize % 4096 == 0, "sub-job-size", SubJobSize, "a multiple of 4096 from 4096 to 1 MiB");
        Require(SubJobsPerJob >= 1, "sub-jobs-per-job", SubJobsPerJob, "at least 1");
        Require(MaxSubJobs >= 1, "max-sub-jobs", MaxSubJobs, "at least 1");
        Require(MaxDestinations is >= 1 and <= 64, "max-destinations", MaxDestinations, "1 to 64, the bits of the result");
        Require(MaxJobs >= 1, "max-jobs", MaxJobs, "at least 1");
        Require(MaxPreparedCallbacks >= 1, "max-prepared-callbacks", MaxPreparedCallbacks, "at least 1");
        Require(PagePoolSize >= SubJobSize, "page-pool-size", PagePoolSize, "at least sub-job-size, which is the reserve");
        Require(ThrottlePercent is >= 1 and <= 100, "throttle-percent", ThrottlePercent, "1 to 100");
        Require(BytesPerSecond >= 0, "bytes-per-second", BytesPerSecond, "0 (no limit) or more");
        Require(ProgressInterval > TimeSpan.Zero, "progress-interval", ProgressInterval, "longer than zero");
        return this;
    }

    private static int Bytes(Config config, string key, int most) => (int)Math.Min(config.GetByteSize(key) ?? 0, most);

    private static void Require(bool holds, string key, object value, string range)
    {
        if (!holds)
            throw new ConfigurationException($"kcopyd.client.{key} = {value}: must be {range}.");
    }
}
