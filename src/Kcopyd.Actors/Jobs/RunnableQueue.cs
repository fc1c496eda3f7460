using Kcopyd.Actors.Messaging;

namespace Kcopyd.Actors.Jobs;

/// <summary>Jobs that want to start a sub-job, in order: those that can, or those that wait for one disk. A job is in one queue at most, and leaves it at
/// once.</summary>
internal sealed class RunnableQueue
{
    private readonly LinkedSet<Job> _jobs = new();

    public Job? Head => _jobs.First;

    /// <summary>Appends a job that is in no queue.</summary>
    public void Append(Job job)
    {
        if (job.Queue is not null)
            return;
        job.Queue = this;
        _jobs.Add(job);
    }

    /// <summary>Takes a job out of the queue that it is in, if any.</summary>
    public static void Remove(Job job)
    {
        job.Queue?._jobs.Remove(job);
        job.Queue = null;
    }
}
