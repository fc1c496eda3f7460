using Akka.Actor;

namespace Kcopyd.Actors.Jobs;

/// <content>Workers that die, and devices that do not answer.</content>
internal sealed partial class JobRunner
{
    /// <summary>
    /// A member of a crew is gone. Usually it has reported before, and the crew is only replaced. If it was killed with a part of the
    /// sub-job at hand, the whole crew is dismissed, and the sub-job ends when the last member is gone: then nobody touches it any more.
    /// </summary>
    public void MemberDied(Crew crew, IActorRef member)
    {
        var wasLast = crews.MemberDied(crew);
        if (crew.Current is not { } subJob)
        {
            crews.Dismiss(crew);
            return;
        }
        var writer = crew.IndexOf(member);
        var hasReported = writer < 0
            ? subJob.IsRead || subJob.IsHandedOver
            : writer >= subJob.Job.DestinationCount || subJob.Ios[writer].IsReported;
        if (!hasReported)
            crews.Dismiss(crew);
        if (crew.IsDismissed && wasLast)
            Lost(subJob);
    }

    /// <summary>Cancels a job and gives up what is in flight of it: what a device has not completed fails as timed out. Its memory is kept for it.</summary>
    /// <param name="job">The job.</param>
    /// <param name="reason">What the destinations fail by that have no error of their own.</param>
    public void Abandon(Job job, IoError reason)
    {
        if (job.Phase == JobPhase.Done)
            return;
        job.IsCancelled = true;
        job.StopReason = reason;
        Stop(job);
        foreach (var subJob in _inFlight)
        {
            if (subJob.Job != job)
                continue;
            subJob.Loss = IoError.TimedOut;
            job.NextOffset = Math.Min(job.NextOffset, subJob.Offset);       // not done
            crews.Dismiss(subJob.Crew);     // it ends when the last member is gone, which is soon: no device blocks them
        }
        Settle(job);
    }

    /// <summary>A worker was stopped while a device had a call of it, or that device has completed the call after all.</summary>
    public void CallLeftBehind(IBlockDevice device, int count)
    {
        _shares.AddLeftBehind(device, count);
        _shares.TakeReady(InFlight, _runnable);
    }

    /// <summary>Forgets what it knows of devices that nothing uses.</summary>
    public void Trim() => _shares.Trim();

    /// <summary>What has been in flight for longest; null if nothing is.</summary>
    public OldestIo? FindOldestIo() => Oldest() is { } oldest ? OldestIo.Of(oldest, scheduler.MonotonicClock - oldest.StartedAt) : null;

    /// <summary>For how long that has been in flight.</summary>
    public TimeSpan OldestAge() => Oldest() is { } oldest ? scheduler.MonotonicClock - oldest.StartedAt : TimeSpan.Zero;

    private SubJob? Oldest()
    {
        SubJob? oldest = null;
        foreach (var subJob in _inFlight)
        {
            if (oldest is null || subJob.StartedAt < oldest.StartedAt)
                oldest = subJob;
        }
        return oldest;
    }

    /// <summary>Every member of the crew is gone with a part unreported. The sub-job is not used again: a dead mailbox may hold it.</summary>
    private void Lost(SubJob subJob)
    {
        var job = subJob.Job;
        subJob.Crew.Current = null;
        if (!subJob.IsRead && !subJob.IsHandedOver)
        {
            subJob.ReadFailure = subJob.Loss;
            subJob.ReadFailureOffset = job.SourceOffset + subJob.Offset;
            subJob.ReadIsLost = true;
            Stop(job);      // as after a reader that crashed: to go on would leave a hole that no list names
        }
        for (var i = 0; i < job.DestinationCount; i++)
        {
            var io = subJob.Ios[i];
            if (io.IsReported)
                continue;
            if (!subJob.ReadIsLost)
                io.Fail(subJob.Loss, job.Destinations[i].Offset + subJob.Offset);
            JobAccounts.Add(io);
        }
        NoteOffload(subJob);
        JobAccounts.AddRead(subJob);
        StopIfFailed(job);
        Leave(job, subJob);
        pages.Forfeit(subJob.Lease);
        job.Unwritten.Remove(subJob);
        Settle(job);
    }
}
