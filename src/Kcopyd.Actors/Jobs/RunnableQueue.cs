namespace Kcopyd.Actors.Jobs;

/// <summary>
/// The jobs that want to start a sub-job, in order. The head waits until it can; nobody overtakes it, so nobody starves. A job that
/// wants more goes to the tail, so a large job shares with small ones. Linked through the jobs: no allocation, removal at once.
/// </summary>
internal sealed class RunnableQueue
{
    private Job? _tail;

    public Job? Head { get; private set; }

    public void Append(Job job)
    {
        if (job.IsRunnable)
            return;
        job.IsRunnable = true;
        job.PreviousRunnable = _tail;
        if (_tail is null)
            Head = job;
        else
            _tail.NextRunnable = job;
        _tail = job;
    }

    public void Remove(Job job)
    {
        if (!job.IsRunnable)
            return;
        job.IsRunnable = false;
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
