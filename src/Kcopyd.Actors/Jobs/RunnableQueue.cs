using Kcopyd.Actors.Messaging;

namespace Kcopyd.Actors.Jobs;

/// <summary>Jobs that have a sub-job to start, in order: those that can, or those that wait for one disk. A job is in at most one queue and is removed in
/// constant time.</summary>
internal sealed class RunnableQueue
{
    private readonly LinkedSet<Job> _jobs = new();

    public Job? Head => _jobs.First;

    /// <summary>Appends a job, unless it is in a queue.</summary>
    public void Append(Job job)
    {
        if (job.Queue is not null)
            return;
        job.Queue = this;
        _jobs.Add(job);
    }

    /// <summary>Removes a job from its queue, if any.</summary>
    public static void Remove(Job job)
    {
        job.Queue?._jobs.Remove(job);
        job.Queue = null;
    }
}
