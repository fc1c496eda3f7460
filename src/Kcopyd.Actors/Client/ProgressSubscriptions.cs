using Akka.Actor;
using Akka.Event;
using Kcopyd.Actors.Jobs;

namespace Kcopyd.Actors.Client;

/// <summary>
/// The subscriptions to the progress of jobs. Each subscription has a timer, whose interval bounds its rate; a tick without a change sends nothing. Used by
/// the client actor only.
/// </summary>
internal sealed class ProgressSubscriptions(ITimerScheduler timers, TimeSpan minInterval, ILoggingAdapter log)
{
    private static readonly TimeSpan MaxInterval = TimeSpan.FromDays(1);    // schedulers do not support TimeSpan.MaxValue

    private readonly Dictionary<long, List<Subscription>> _byJob = [];

    /// <param name="job">The job.</param>
    /// <param name="interval">At most one report is sent per interval.</param>
    /// <param name="subscriber">An <see cref="IActorRef"/> or an <see cref="IProgress{T}"/>.</param>
    /// <param name="key">Identifies the subscription to <see cref="Remove"/>.</param>
    public void Add(Job job, TimeSpan interval, object subscriber, object key)
    {
        var subscription = new Subscription(job, job.Id, subscriber, key, log);
        if (!_byJob.TryGetValue(job.Id, out var list))
            _byJob[job.Id] = list = [];
        list.Add(subscription);
        var period = interval < minInterval ? minInterval : interval > MaxInterval ? MaxInterval : interval;
        timers.StartPeriodicTimer(subscription, new Tick(subscription), period);
    }

    /// <summary>Ends all subscriptions to a job that have this key.</summary>
    public void Remove(long jobId, object key)
    {
        if (!_byJob.TryGetValue(jobId, out var list))
            return;
        foreach (var subscription in list.FindAll(subscription => subscription.Key.Equals(key)))
        {
            timers.Cancel(subscription);
            list.Remove(subscription);
        }
        if (list.Count == 0)
            _byJob.Remove(jobId);
    }

    public static void Send(Tick tick) => tick.Subscription.SendIfChanged(JobReport.Of(tick.Subscription.Job));

    /// <summary>Sends the last report of a job that is done, and removes its subscriptions.</summary>
    public void Done(Job job)
    {
        if (_byJob.Count == 0 || !_byJob.Remove(job.Id, out var list))
            return;
        var last = JobReport.Of(job);
        foreach (var subscription in list)
        {
            timers.Cancel(subscription);
            subscription.Send(last);
        }
    }

    internal sealed record Tick(Subscription Subscription) : INoSerializationVerificationNeeded;

    internal sealed class Subscription(Job job, long jobId, object subscriber, object key, ILoggingAdapter log)
    {
        private (JobState, long, long) _sent;

        public Job Job { get; } = job;

        public long JobId { get; } = jobId;

        public object Key { get; } = key;

        public void SendIfChanged(JobProgress progress)
        {
            var written = 0L;
            foreach (var destination in progress.Destinations)
                written += destination.Bytes;
            var now = (progress.State, progress.BytesRead, written);
            if (now == _sent)
                return;
            _sent = now;
            Send(progress);
        }

        public void Send(JobProgress progress)
        {
            if (subscriber is IActorRef actor)
            {
                actor.Tell(progress, ActorRefs.NoSender);
                return;
            }
            try
            {
                ((IProgress<JobProgress>)subscriber).Report(progress);
            }
            catch (Exception exception)
            {
                log.Error(exception, "The progress delegate of job {0} threw; the job continues.", JobId);
            }
        }
    }
}
