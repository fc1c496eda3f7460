using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Kcopyd.Actors.Telemetry;

/// <summary>The one name under which metrics and traces are published, and the instruments behind it.</summary>
public static class KcopydTelemetry
{
    /// <summary>The name of the <see cref="Meter"/> and of the <see cref="ActivitySource"/>.</summary>
    public const string Name = "Kcopyd";

    private static readonly string? Version = typeof(KcopydTelemetry).Assembly.GetName().Version?.ToString(3);

    // The default boundaries suit web requests in milliseconds: a 4 KiB copy takes microseconds, copying a disk takes hours.
    private static readonly InstrumentAdvice<double> JobBuckets = new()
    {
        HistogramBucketBoundaries = [0.00001, 0.00003, 0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100, 300, 1000, 3000, 10000],
    };

    private static readonly InstrumentAdvice<double> CallbackBuckets = new()
    {
        HistogramBucketBoundaries = [0.0000003, 0.000001, 0.000003, 0.00001, 0.00003, 0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10],
    };

    internal static readonly Meter Meter = new(Name, Version);
    internal static readonly ActivitySource Activities = new(Name, Version);

    internal static readonly Counter<long> Jobs = Meter.CreateCounter<long>("kcopyd.jobs", "{job}", "Jobs notified, by outcome.");

    internal static readonly Counter<long> Io = Meter.CreateCounter<long>(
        "kcopyd.io", "By", "Bytes read from sources and written to destinations, over all destinations.");

    internal static readonly Counter<long> Offloaded = Meter.CreateCounter<long>(
        "kcopyd.offloaded", "By", "Bytes written without being read and written by the engine, over all destinations, by method.");

    internal static readonly Counter<long> ReadErrors = Meter.CreateCounter<long>(
        "kcopyd.errors.read", "{job}", "Jobs whose source could not be read completely, by device.");

    internal static readonly Counter<long> WriteErrors = Meter.CreateCounter<long>(
        "kcopyd.errors.write", "{destination}", "Destinations of jobs that failed, by device.");

    internal static readonly Counter<long> Refused = Meter.CreateCounter<long>(
        "kcopyd.refusals", "{request}", "Jobs and prepared callbacks refused because the client was full.");

    internal static readonly Counter<long> CallbackFailures = Meter.CreateCounter<long>("kcopyd.callback.failures", "{callback}", "Callbacks that threw.");

    internal static readonly Histogram<double> JobDuration = Meter.CreateHistogram(
        "kcopyd.job.duration", "s", "From submission to notification.", null, JobBuckets);

    internal static readonly Histogram<double> CallbackDuration = Meter.CreateHistogram(
        "kcopyd.callback.duration", "s", "Time that a callback occupied the client.", null, CallbackBuckets);
}
