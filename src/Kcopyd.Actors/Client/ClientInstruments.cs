using System.Diagnostics;
using Akka.Actor;
using Akka.Event;
using Kcopyd.Actors.Jobs;
using Kcopyd.Actors.Telemetry;

namespace Kcopyd.Actors.Client;

/// <summary>Publishes the metrics and traces of one client. Without a listener, the cost is a few branches for each job.</summary>
/// <remarks>Listeners run within the client, or on the thread that submits. An exception that a listener throws is logged and goes no further: a job is
/// notified regardless of listeners.</remarks>
internal sealed class ClientInstruments(string client, ILoggingAdapter log, ITimeProvider clock)
{
    private static readonly KeyValuePair<string, object?> Read = new("kcopyd.io.direction", "read");
    private static readonly KeyValuePair<string, object?> Write = new("kcopyd.io.direction", "write");

    private readonly KeyValuePair<string, object?> _client = new("kcopyd.client", client);

    public TimeSpan? CallbackStarted() => KcopydTelemetry.CallbackDuration.Enabled ? clock.HighResMonotonicClock : null;

    public void CallbackEnded(TimeSpan? started)
    {
        if (started is { } since)
            Publish(since, static (self, since) => KcopydTelemetry.CallbackDuration.Record(self.SecondsSince(since), self._client));
    }

    public void CallbackThrew() => Publish(1, static (self, one) => KcopydTelemetry.CallbackFailures.Add(one, self._client));

    public void WasRefused() => Publish(1, static (self, one) => KcopydTelemetry.Refused.Add(one, self._client));

    /// <summary>Runs on the submitting thread: the job's activity is a child of the thread's current one, which stays current.</summary>
    public void JobSubmitted(Job job)
    {
        job.SubmittedAt = KcopydTelemetry.JobDuration.Enabled ? clock.HighResMonotonicClock : null;
        if (!KcopydTelemetry.Activities.HasListeners())
            return;
        var current = Activity.Current;
        Publish(job, static (self, job) => self.Begin(job));
        Activity.Current = current;
    }

    public void JobDone(Job job)
    {
        var failed = job.ReadError || job.WriteErrors != 0;
        End(job, failed ? job.ReadFault ?? FirstFault(job) : null);
        Publish(job, static (self, job) => self.CountErrors(job));
        Count(job, job.IsCancelled ? "cancelled" : failed ? "failed" : "ok");
    }

    /// <summary>The client was stopped from outside. Runs on the thread that finds out.</summary>
    public void JobStopped(Job job)
    {
        End(job, new IoFault(IoError.ClientStopped, -1, "The client was stopped."));
        Count(job, "stopped");
    }

    private void Publish<T>(T what, Action<ClientInstruments, T> publish)
    {
        try
        {
            publish(this, what);
        }
        catch (Exception exception)
        {
            log.Error(exception, "Client '{0}': a listener of metrics or traces threw. The client goes on; the measurement or trace may be lost.", client);
        }
    }

    private void Begin(Job job) =>
        job.Activity = KcopydTelemetry.Activities.StartActivity(job.Source is null ? "kcopyd.zero" : "kcopyd.copy")?
            .SetTag("kcopyd.client", client)
            .SetTag("kcopyd.job.id", job.Id)
            .SetTag("kcopyd.job.length", job.Length)
            .SetTag("kcopyd.job.destinations", job.DestinationCount);

    // Ending an activity makes the one current that was so when it started, on whatever thread this is: undo that.
    private void End(Job job, IoFault? fault)
    {
        if (job.Activity is null)
            return;
        var current = Activity.Current;
        Publish((job.Activity, fault), static (_, ended) =>
        {
            if (ended.fault is { } fault)
                ended.Activity.SetStatus(ActivityStatusCode.Error, fault.Message).SetTag("error.type", fault.Error.ToString());
            ended.Activity.Dispose();
        });
        Activity.Current = current;
    }

    private void Count(Job job, string outcome) => Publish((job, outcome), static (self, done) => self.CountJob(done.job, done.outcome));

    private void CountJob(Job job, string outcome)
    {
        var tag = new KeyValuePair<string, object?>("kcopyd.outcome", outcome);
        KcopydTelemetry.Jobs.Add(1, _client, tag);
        if (KcopydTelemetry.Io.Enabled)
        {
            if (job.Source is not null)
                KcopydTelemetry.Io.Add(job.BytesRead - job.Offload.Unread, _client, Read);
            KcopydTelemetry.Io.Add(Written(job), _client, Write);
        }
        CountOffloaded(job.Offload.Done);
        if (job.SubmittedAt is { } since)
            KcopydTelemetry.JobDuration.Record(SecondsSince(since), _client, tag);
    }

    private double SecondsSince(TimeSpan since) => (clock.HighResMonotonicClock - since).TotalSeconds;

    private void CountOffloaded(in OffloadedBytes offloaded)
    {
        if (!KcopydTelemetry.Offloaded.Enabled || offloaded == default)
            return;
        foreach (var name in OffloadNames.All)
        {
            if (offloaded.Of(OffloadNames.Parse([name])) is > 0 and var bytes)
                KcopydTelemetry.Offloaded.Add(bytes, _client, new("kcopyd.offload", name));
        }
    }

    private void CountErrors(Job job)
    {
        if (job.ReadError && KcopydTelemetry.ReadErrors.Enabled)
            KcopydTelemetry.ReadErrors.Add(1, _client, new("kcopyd.device", IoFaults.NameOf(job.Source!)), ErrorType(job.ReadFault));
        if (job.WriteErrors == 0 || !KcopydTelemetry.WriteErrors.Enabled)
            return;
        for (var i = 0; i < job.DestinationCount; i++)
        {
            ref var destination = ref job.Destinations[i];
            if ((job.WriteErrors & (1UL << i)) != 0 && destination.Fault?.Error != IoError.Cancelled)
                KcopydTelemetry.WriteErrors.Add(1, _client, new("kcopyd.device", IoFaults.NameOf(destination.Device)), ErrorType(destination.Fault));
        }
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
