using Akka.Actor;

namespace Kcopyd.Actors.Jobs;

/// <content>Handles workers that die and devices that do not respond.</content>
internal sealed partial class JobRunner
{
    /// <summary>
    /// A member of a crew has terminated. Usually it has reported before, and the crew is only replaced. If it had not reported its part of the current
    /// sub-job, the whole crew is dismissed, and the sub-job ends when the last member has terminated and no worker can use it any more.
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

    /// <summary>Cancels a job and abandons its I/O in flight: what a device has not completed fails as timed out. The memory is kept for the device.</summary>
    /// <param name="job">The job.</param>
    /// <param name="reason">The error of the destinations that have none yet.</param>
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
            crews.Dismiss(subJob.Crew);     // the sub-job ends when the last member has terminated: soon, as no device blocks it
        }
        Settle(job);
    }

    /// <summary>A worker stopped while its call to a device was in flight, or the device has completed such a call.</summary>
    public void CallLeftBehind(IBlockDevice device, int count)
    {
        _shares.AddLeftBehind(device, count);
        _shares.TakeReady(InFlight, _runnable);
    }

    /// <summary>Drops the state of devices that are not in use.</summary>
    public void Trim() => _shares.Trim();

    /// <summary>The oldest sub-job in flight; null if there is none.</summary>
    public OldestIo? FindOldestIo() => Oldest() is { } oldest ? OldestIo.Of(oldest, scheduler.MonotonicClock - oldest.StartedAt) : null;

    /// <summary>The age of the oldest sub-job in flight.</summary>
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

    /// <summary>The whole crew has terminated with a part unreported. The sub-job is not recycled: a dead mailbox may hold it.</summary>
    private void Lost(SubJob subJob)
    {
        var job = subJob.Job;
        subJob.Crew.Current = null;
        if (!subJob.IsRead && !subJob.IsHandedOver)
        {
            subJob.ReadFailure = subJob.Loss;
            subJob.ReadFailureOffset = job.SourceOffset + subJob.Offset;
            subJob.ReadIsLost = true;
            Stop(job);      // as after a crashed reader: continuing would leave a gap that no list contains
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
