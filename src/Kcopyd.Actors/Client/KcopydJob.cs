using Akka.Actor;
using Kcopyd.Actors.Client;

namespace Kcopyd.Actors;

/// <summary>
/// A submitted job: its id and its client. Any thread may call any member, even after the job is done: then nothing happens, and progress is null.
/// </summary>
public readonly record struct KcopydJob
{
    private readonly KcopydClient _client;

    internal KcopydJob(KcopydClient client, long id)
    {
        _client = client;
        Id = id;
    }

    /// <summary>Unique within the client; the same as <see cref="CopyResult.JobId"/>.</summary>
    public long Id { get; }

    /// <summary>Starts no further sub-job. Sub-jobs in flight finish, or are abandoned after <see cref="KcopydSettings.CancelTimeout"/>; then the job is
    /// notified as cancelled.</summary>
    public void Cancel() => _client.Actor.Tell(new KcopydProtocol.CancelJob(Id), ActorRefs.NoSender);

    /// <summary>Limits the job's time, counted from now. When it expires, the job is cancelled and does not wait for devices that hang: I/O that they have
    /// not completed fails with <see cref="IoError.TimedOut"/>, and the memory passed to them is kept until they return. The last deadline set
    /// applies.</summary>
    /// <param name="time">Greater than zero.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="time"/> is not greater than zero.</exception>
    public void SetDeadline(TimeSpan time)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(time, TimeSpan.Zero);
        _client.Actor.Tell(new KcopydProtocol.SetDeadline(Id, time), ActorRefs.NoSender);
    }

    /// <summary>Starts no further sub-job until <see cref="Resume"/>; sub-jobs in flight finish.</summary>
    public void Pause() => _client.Actor.Tell(new KcopydProtocol.PauseJob(Id), ActorRefs.NoSender);

    /// <summary>Undoes <see cref="Pause"/>.</summary>
    public void Resume() => _client.Actor.Tell(new KcopydProtocol.ResumeJob(Id), ActorRefs.NoSender);

    /// <summary>Gets the job's progress; null if the job is done.</summary>
    /// <param name="cancellationToken">Cancels the wait for the answer.</param>
    public Task<JobProgress?> GetProgressAsync(CancellationToken cancellationToken = default) => _client.GetProgressAsync(Id, cancellationToken);

    /// <summary>
    /// Sends <see cref="JobProgress"/> to an actor when it has changed, at most once per interval, and a last one, with <see cref="JobState.Completed"/>,
    /// when the job is done (before its notification).
    /// </summary>
    /// <param name="subscriber">The actor that receives the reports.</param>
    /// <param name="interval">At least the client's <see cref="KcopydSettings.ProgressInterval"/>; a shorter interval is raised to it, and one longer than a
    /// day is reduced to a day.</param>
    /// <returns>Ends the subscription when disposed, on any thread and any number of times; a report already on its way still arrives. Disposing it is
    /// optional: the subscription ends with the job.</returns>
    public IDisposable SubscribeProgress(IActorRef subscriber, TimeSpan interval) => Subscribe(subscriber, interval);

    /// <summary>Like the other overload; the delegate runs inside the client and must not block. Its exceptions are logged.</summary>
    /// <inheritdoc cref="SubscribeProgress(IActorRef, TimeSpan)"/>
    public IDisposable SubscribeProgress(IProgress<JobProgress> subscriber, TimeSpan interval) => Subscribe(subscriber, interval);

    private Subscription Subscribe(object subscriber, TimeSpan interval)
    {
        ArgumentNullException.ThrowIfNull(subscriber);
        var subscription = new Subscription(_client.Actor, Id);
        _client.Actor.Tell(new BeginProgress(Id, interval, subscriber, subscription), ActorRefs.NoSender);
        return subscription;
    }

    private sealed class Subscription(IActorRef client, long jobId) : IDisposable
    {
        public void Dispose() => client.Tell(new EndProgress(jobId, this), ActorRefs.NoSender);
    }
}
