using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Kcopyd.Actors.Telemetry;

/// <summary>The one name under which metrics and traces are published, and the instruments behind it.</summary>
public static class KcopydTelemetry
{
    /// <summary>The name of the <see cref="Meter"/> and of the <see cref="ActivitySource"/>.</summary>
    public const string Name = "Kcopyd";

    internal static readonly Meter Meter = new(Name);
    internal static readonly ActivitySource Activities = new(Name);

    internal static readonly Counter<long> Jobs = Meter.CreateCounter<long>("kcopyd.jobs", "{job}", "Jobs notified, by outcome.");
    internal static readonly Counter<long> BytesRead = Meter.CreateCounter<long>("kcopyd.bytes.read", "By", "Bytes read from sources.");
    internal static readonly Counter<long> BytesWritten = Meter.CreateCounter<long>("kcopyd.bytes.written", "By", "Bytes written to destinations, of all of them.");
    internal static readonly Counter<long> ReadErrors = Meter.CreateCounter<long>("kcopyd.errors.read", "{job}", "Jobs whose source could not be read whole.");
    internal static readonly Counter<long> WriteErrors = Meter.CreateCounter<long>("kcopyd.errors.write", "{destination}", "Destinations that failed, by device.");
    internal static readonly Counter<long> Refused = Meter.CreateCounter<long>("kcopyd.jobs.refused", "{job}", "Jobs and prepared callbacks refused because the client was full.");
    internal static readonly Counter<long> CallbackFailures = Meter.CreateCounter<long>("kcopyd.callback.failures", "{callback}", "Callbacks that threw.");
    internal static readonly Histogram<double> JobDuration = Meter.CreateHistogram<double>("kcopyd.job.duration", "s", "From submission to notification.");
    internal static readonly Histogram<double> CallbackDuration = Meter.CreateHistogram<double>("kcopyd.callback.duration", "s", "Time that a callback held the client.");
}
