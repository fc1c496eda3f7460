namespace Kcopyd.Actors.Jobs;

/// <summary>
/// Jobs that want to start a sub-job, in order: those that can, or those that wait for one disk. A job is in one queue at most. Linked through the jobs: no allocation, removal at once.
/// </summary>
internal sealed class RunnableQueue
{
    private Job? _tail;

    public Job? Head { get; private set; }

    /// <summary>Appends a job that is in no queue.</summary>
    public void Append(Job job)
    {
        if (job.Queue is not null)
            return;
        job.Queue = this;
        job.PreviousRunnable = _tail;
        if (_tail is null)
            Head = job;
        else
            _tail.NextRunnable = job;
        _tail = job;
    }

    /// <summary>Takes a job out of the queue that it is in, if any.</summary>
    public static void Remove(Job job) => job.Queue?.Unlink(job);

    private void Unlink(Job job)
    {
        job.Queue = null;
        if (job.PreviousRunnable is null)
            Head = job.NextRunnable;
        else
            job.PreviousRunnable.NextRunnable = job.NextRunnable;
        if (job.NextRunnable is null)
            _tail = job.PreviousRunnable;
        else
            job.NextRunnable.PreviousRunnable = job.PreviousRunnable;
        job.NextRunnable = job.PreviousRunnable = null;
    }
}
