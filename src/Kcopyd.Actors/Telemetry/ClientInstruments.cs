using System.Diagnostics;
using Kcopyd.Actors.Devices;
using Kcopyd.Actors.Jobs;

namespace Kcopyd.Actors.Telemetry;

/// <summary>What one client publishes as it happens. With nobody listening it costs a few branches a job.</summary>
internal sealed class ClientInstruments(string client)
{
    private static readonly KeyValuePair<string, object?> Read = new("kcopyd.io.direction", "read");
    private static readonly KeyValuePair<string, object?> Write = new("kcopyd.io.direction", "write");

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

    /// <summary>Runs on the submitting thread: the job is a child of what that thread is doing, which goes on without it.</summary>
    public Activity? JobSubmitted(Job job)
    {
        if (!KcopydTelemetry.Activities.HasListeners())
            return null;
        var current = Activity.Current;
        var activity = KcopydTelemetry.Activities.StartActivity(job.Source is null ? "kcopyd.zero" : "kcopyd.copy");
        Activity.Current = current;
        return activity?.SetTag("kcopyd.client", client)
            .SetTag("kcopyd.job.id", job.Id)
            .SetTag("kcopyd.job.length", job.Length)
            .SetTag("kcopyd.job.destinations", job.DestinationCount);
    }

    public void JobDone(Job job)
    {
        var failed = job.ReadError || job.WriteErrors != 0;
        if (job.Activity is { } activity)
            End(activity, failed ? job.ReadFault ?? FirstFault(job) : null);
        if (job.ReadError && KcopydTelemetry.ReadErrors.Enabled)
            KcopydTelemetry.ReadErrors.Add(1, _client, new("kcopyd.device", job.Source!.Name), ErrorType(job.ReadFault));
        if (job.WriteErrors != 0 && KcopydTelemetry.WriteErrors.Enabled)
            CountFailedDestinations(job);
        Count(job, job.IsCancelled ? "cancelled" : failed ? "failed" : "ok");
    }

    /// <summary>The client was stopped from outside. Runs on the thread that finds out.</summary>
    public void JobStopped(Job job)
    {
        if (job.Activity is { } activity)
            End(activity, new IoFault(IoError.ClientStopped, -1, "The client was stopped."));
        Count(job, "stopped");
    }

    private void Count(Job job, string outcome)
    {
        var tag = new KeyValuePair<string, object?>("kcopyd.outcome", outcome);
        KcopydTelemetry.Jobs.Add(1, _client, tag);
        if (KcopydTelemetry.Io.Enabled)
        {
            if (job.Source is not null)
                KcopydTelemetry.Io.Add(job.BytesRead, _client, Read);
            KcopydTelemetry.Io.Add(Written(job), _client, Write);
        }
        if (job.SubmittedAt != 0)
            KcopydTelemetry.JobDuration.Record(Stopwatch.GetElapsedTime(job.SubmittedAt).TotalSeconds, _client, tag);
    }

    private void CountFailedDestinations(Job job)
    {
        for (var i = 0; i < job.DestinationCount; i++)
        {
            ref var destination = ref job.Destinations[i];
            if ((job.WriteErrors & (1UL << i)) != 0 && destination.Fault?.Error != IoError.Cancelled)
                KcopydTelemetry.WriteErrors.Add(1, _client, new("kcopyd.device", destination.Device.Name), ErrorType(destination.Fault));
        }
    }

    // Ending an activity makes the one current that was so when it started, on whatever thread this is: undo that.
    private static void End(Activity activity, IoFault? fault)
    {
        if (fault is not null)
            activity.SetStatus(ActivityStatusCode.Error, fault.Message).SetTag("error.type", fault.Error.ToString());
        var current = Activity.Current;
        activity.Dispose();
        Activity.Current = current;
    }

    private static KeyValuePair<string, object?> ErrorType(IoFault? fault) => new("error.type", fault?.Error.ToString());

    private static long Written(Job job)
    {
        var bytes = 0L;
        for (var i = 0; i < job.DestinationCount; i++)
            bytes += job.Destinations[i].Written;
        return bytes;
    }

    private static IoFault? FirstFault(Job job)
    {
        for (var i = 0; i < job.DestinationCount; i++)
        {
            if (job.Destinations[i].Fault is { } fault)
                return fault;
        }
        return null;
    }
}
