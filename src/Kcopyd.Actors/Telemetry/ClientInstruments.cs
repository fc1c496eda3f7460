using System.Diagnostics;
using System.Diagnostics.Metrics;
using Kcopyd.Actors.Client;
using Kcopyd.Actors.Jobs;

namespace Kcopyd.Actors.Telemetry;

/// <summary>
/// What one client publishes. With nobody listening it costs a few branches a job. Gauges (pages, queue length) are
/// read when somebody collects, from numbers that the client keeps anyway.
/// </summary>
internal sealed class ClientInstruments(string client)
{
    private readonly KeyValuePair<string, object?> _client = new("kcopyd.client", client);

    public static long Timestamp() => KcopydTelemetry.JobDuration.Enabled ? Stopwatch.GetTimestamp() : 0;

    public static long CallbackStarted() => KcopydTelemetry.CallbackDuration.Enabled ? Stopwatch.GetTimestamp() : 0;

    public void CallbackEnded(long started)
    {
        if (started != 0)
            KcopydTelemetry.CallbackDuration.Record(Stopwatch.GetElapsedTime(started).TotalSeconds, _client);
    }

    public void CallbackThrew() => KcopydTelemetry.CallbackFailures.Add(1, _client);

    public void WasRefused() => KcopydTelemetry.Refused.Add(1, _client);

    public Activity? JobStarted(Job job)
    {
        if (!KcopydTelemetry.Activities.HasListeners())
            return null;
        var activity = KcopydTelemetry.Activities.StartActivity(job.Source is null ? "kcopyd.zero" : "kcopyd.copy");
        activity?.SetTag("kcopyd.client", client).SetTag("kcopyd.job", job.Id).SetTag("kcopyd.bytes", job.Length).SetTag("kcopyd.destinations", job.DestinationCount);
        if (activity is not null)
            Activity.Current = activity.Parent;     // the job outlives this message; the next one is not its child
        return activity;
    }

    public void JobDone(Job job)
    {
        if (job.Activity is { } activity)
        {
            if (job.ReadError || job.WriteErrors != 0)
                activity.SetStatus(ActivityStatusCode.Error, job.ReadFault?.Message ?? FirstFault(job));
            activity.Dispose();
        }
        if (KcopydTelemetry.Jobs.Enabled)
            KcopydTelemetry.Jobs.Add(1, _client, new("kcopyd.outcome", Outcome(job)));
        if (KcopydTelemetry.BytesRead.Enabled && job.Source is not null)
            KcopydTelemetry.BytesRead.Add(job.BytesRead, _client);
        if (KcopydTelemetry.BytesWritten.Enabled)
            KcopydTelemetry.BytesWritten.Add(Written(job), _client);
        if (job.ReadError)
            KcopydTelemetry.ReadErrors.Add(1, _client);
        if (job.WriteErrors != 0 && KcopydTelemetry.WriteErrors.Enabled)
            CountFailedDestinations(job);
        if (job.SubmittedAt != 0)
            KcopydTelemetry.JobDuration.Record(Stopwatch.GetElapsedTime(job.SubmittedAt).TotalSeconds, _client);
    }

    private void CountFailedDestinations(Job job)
    {
        for (var i = 0; i < job.DestinationCount; i++)
        {
            if ((job.WriteErrors & (1UL << i)) != 0)
                KcopydTelemetry.WriteErrors.Add(1, _client, new("kcopyd.device", job.Destinations[i].Device.Name));
        }
    }

    private static long Written(Job job)
    {
        var bytes = 0L;
        for (var i = 0; i < job.DestinationCount; i++)
            bytes += job.Destinations[i].Written;
        return bytes;
    }

    private static string? FirstFault(Job job)
    {
        for (var i = 0; i < job.DestinationCount; i++)
        {
            if (job.Destinations[i].Fault is { } fault)
                return fault.Message;
        }
        return null;
    }

    private static string Outcome(Job job) =>
        job.IsCancelled ? "cancelled" : job.ReadError || job.WriteErrors != 0 ? "failed" : "ok";
}
