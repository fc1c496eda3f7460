namespace Kcopyd.Actors.Jobs;

/// <content>Moves jobs from phase to phase, and to their end.</content>
internal sealed partial class JobRunner
{
    private void Advance(Job job)
    {
        if (job.IsStopping)
        {
            RunnableQueue.Remove(job);
            if (job.InFlight == 0)
                Finish(job);
            return;
        }
        while (job.InFlight == 0 && job.NextOffset == job.Length)
        {
            if (EnterNextPhase(job))
                continue;
            Finish(job);
            return;
        }
        if (Wants(job))
            _runnable.Append(job);
    }

    private static JobPhase NextPhase(Job job) => job.Phase switch
    {
        JobPhase.Clone => JobPhase.Copy,
        JobPhase.Copy when job.Flushes => JobPhase.Flush,
        JobPhase.Flush when job.Verifies => JobPhase.Verify,
        _ => JobPhase.Done,
    };

    /// <returns>False if there is no further phase.</returns>
    private static bool EnterNextPhase(Job job)
    {
        var next = NextPhase(job);
        if (next == JobPhase.Done)
            return false;
        Enter(job, next);
        return true;
    }

    private static void Enter(Job job, JobPhase phase)
    {
        job.Phase = phase;
        job.NextOffset = 0;
        SkipCloned(job);
        if (phase == JobPhase.Verify && job.Hashes)
            job.RegionHashes = new RegionHashes(job.DestinationCount, job.Length);
    }

    private void Finish(Job job)
    {
        RunnableQueue.Remove(job);
        if (job.NextOffset == job.Length && NextPhase(job) == JobPhase.Done)
            job.IsCancelled = false;    // too late: everything was done
        else if (job.IsCancelled)
            JobAccounts.FailEveryDestination(job);
        job.Phase = JobPhase.Done;
        _shares.Leave(job);
        events.JobDone(job);
    }
}
