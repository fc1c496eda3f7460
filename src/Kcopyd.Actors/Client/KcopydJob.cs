using Akka.Actor;
using Kcopyd.Actors.Client;

namespace Kcopyd.Actors;

/// <summary>
/// A submitted job: its number and its client. Any thread may call any member, also after the job is done: then nothing happens, and
/// progress is null.
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

    /// <summary>No further sub-job starts; those in flight finish, or are given up after <see cref="KcopydSettings.CancelTimeout"/>; then the job is notified
    /// as cancelled.</summary>
    public void Cancel() => _client.Actor.Tell(new KcopydProtocol.CancelJob(Id), ActorRefs.NoSender);

    /// <summary>Limits the job's time, from now on. Then it is cancelled, and does not wait for devices that hang: what they have not completed fails as
    /// <see cref="IoError.TimedOut"/>, and the memory that they were given is kept until they return. The last deadline that is set counts.</summary>
    /// <param name="time">More than zero.</param>
    /// <exception cref="ArgumentOutOfRangeException">It is not.</exception>
    public void SetDeadline(TimeSpan time)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(time, TimeSpan.Zero);
        _client.Actor.Tell(new KcopydProtocol.SetDeadline(Id, time), ActorRefs.NoSender);
    }

    /// <summary>No further sub-job starts until <see cref="Resume"/>; those in flight finish.</summary>
    public void Pause() => _client.Actor.Tell(new KcopydProtocol.PauseJob(Id), ActorRefs.NoSender);

    /// <summary>Undoes <see cref="Pause"/>.</summary>
    public void Resume() => _client.Actor.Tell(new KcopydProtocol.ResumeJob(Id), ActorRefs.NoSender);

    /// <summary>Where the job is; null if it is done.</summary>
    /// <param name="cancellationToken">Gives up waiting for the answer.</param>
    public Task<JobProgress?> GetProgressAsync(CancellationToken cancellationToken = default) => _client.GetProgressAsync(Id, cancellationToken);

    /// <summary>
    /// Sends <see cref="JobProgress"/> to an actor when it has changed, at most once an interval, and a last one, with
    /// <see cref="JobState.Completed"/>, when the job is done (before its notification).
    /// </summary>
    /// <param name="subscriber">The actor that is told.</param>
    /// <param name="interval">At least the client's <see cref="KcopydSettings.ProgressInterval"/>; a shorter one is lengthened to it, one of more than a day is
    /// cut to a day.</param>
    /// <returns>Ends the subscription when it is disposed, on any thread and as often as you like; a report that was on its way then still arrives. It need not
    /// be disposed: the subscription ends with the job.</returns>
    public IDisposable SubscribeProgress(IActorRef subscriber, TimeSpan interval) => Subscribe(subscriber, interval);

    /// <summary>Like the other form; the delegate runs inside the client and must not block. What it throws is logged.</summary>
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
