using Akka.Actor;
using Kcopyd.Actors.Devices;

namespace Kcopyd.Actors.Jobs;

/// <content>Workers that die.</content>
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

    /// <summary>Every member of the crew is gone with a part unreported. The sub-job is not used again: a dead mailbox may hold it.</summary>
    private void Lost(SubJob subJob)
    {
        var job = subJob.Job;
        subJob.Crew.Current = null;
        if (!subJob.IsRead && !subJob.IsHandedOver)
        {
            subJob.ReadFailure = IoError.WorkerCrashed;
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
                io.Fail(IoError.WorkerCrashed, job.Destinations[i].Offset + subJob.Offset);
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
