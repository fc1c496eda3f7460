using Akka.Configuration;
using Kcopyd.Actors.Hosting;

namespace Kcopyd.Actors;

/// <summary>
/// Settings of a client in code. Null leaves a setting to HOCON, where <c>reference.conf</c> has every default and the reason for it; a value takes
/// precedence over HOCON added earlier. Ranges are checked when the client is created.
/// </summary>
public sealed class KcopydOptions
{
    /// <inheritdoc cref="KcopydSettings.SubJobSize"/>
    public int? SubJobSize { get; set; }

    /// <inheritdoc cref="KcopydSettings.SubJobsPerJob"/>
    public int? SubJobsPerJob { get; set; }

    /// <inheritdoc cref="KcopydSettings.MaxSubJobs"/>
    public int? MaxSubJobs { get; set; }

    /// <inheritdoc cref="KcopydSettings.MaxDestinations"/>
    public int? MaxDestinations { get; set; }

    /// <inheritdoc cref="KcopydSettings.MaxJobs"/>
    public int? MaxJobs { get; set; }

    /// <inheritdoc cref="KcopydSettings.MaxPreparedCallbacks"/>
    public int? MaxPreparedCallbacks { get; set; }

    /// <inheritdoc cref="KcopydSettings.PagePoolSize"/>
    public long? PagePoolSize { get; set; }

    /// <inheritdoc cref="KcopydSettings.RecycleCrews"/>
    public bool? RecycleCrews { get; set; }

    /// <inheritdoc cref="KcopydSettings.ThrottlePercent"/>
    public int? ThrottlePercent { get; set; }

    /// <inheritdoc cref="KcopydSettings.BytesPerSecond"/>
    public long? BytesPerSecond { get; set; }

    /// <inheritdoc cref="KcopydSettings.Offload"/>
    public OffloadKinds? Offload { get; set; }

    /// <inheritdoc cref="KcopydSettings.ProgressInterval"/>
    public TimeSpan? ProgressInterval { get; set; }

    /// <inheritdoc cref="KcopydSettings.CancelTimeout"/>
    public TimeSpan? CancelTimeout { get; set; }

    /// <inheritdoc cref="KcopydSettings.RememberedResults"/>
    public int? RememberedResults { get; set; }

    /// <inheritdoc cref="KcopydSettings.Dispatcher"/>
    public string? Dispatcher { get; set; }

    /// <inheritdoc cref="KcopydSettings.WorkerDispatcher"/>
    public string? WorkerDispatcher { get; set; }

    /// <summary>Renders the non-null settings as HOCON.</summary>
    /// <param name="path">The path of the section.</param>
    /// <returns>Empty if nothing is set.</returns>
    internal Config ToConfig(string path) => new SettingsText()
        .Add(SubJobSize)
        .Add(SubJobsPerJob)
        .Add(MaxSubJobs)
        .Add(MaxDestinations)
        .Add(MaxJobs)
        .Add(MaxPreparedCallbacks)
        .Add(PagePoolSize)
        .Add(RecycleCrews)
        .Add(ThrottlePercent)
        .Add(BytesPerSecond)
        .Add(Offload)
        .Add(ProgressInterval)
        .Add(CancelTimeout)
        .Add(RememberedResults)
        .Add(Dispatcher)
        .Add(WorkerDispatcher)
        .At(path);
}
