using Akka.Actor;
using Kcopyd.Actors.Memory;

namespace Kcopyd.Actors.Jobs;

/// <summary>
/// Runs a client's jobs: cuts them into sub-jobs, acquires pages and a crew for each, collects the crews' reports and moves each job from phase to phase.
/// Belongs to the client actor and runs only on it.
/// </summary>
/// <remarks><code>
///          Submit    refused, or complete                  all pieces written        flushed                all pieces compared
///  Waiting ──────▶ Clone ───────────▶ Copy (4 in flight) ─────────────────▶ Flush ─────────▶ Verify ──────────────────▶ Done ──▶ JobDone
///     │              │                  │                                     │                │ (CompareOnly starts)    ▲
///     └──────────────┴──────────────────┴── error, cancel ────────────────────┴────────────────┴───▶ stopping ───────────┘
/// </code>
/// While a job is stopping, I/O in flight completes and nothing starts. A job is done when none of its sub-jobs is in flight and none will start; only
/// <see cref="Settle"/> checks that.
/// </remarks>
internal sealed partial class JobRunner(
    KcopydSettings settings, KcopydThrottle throttle, IScheduler scheduler, CrewPool crews, PagePool pages, IJobEvents events)
{
    private readonly RunnableQueue _runnable = new();
    private readonly DiskShares _shares = new(settings.MaxSubJobs, pages);
    private readonly Stack<SubJob> _free = new();
    private readonly List<SubJob> _inFlight = [];
    private int _metered;   // sub-jobs in flight that count for the throttle

    /// <summary>Sub-jobs in flight, of all jobs.</summary>
    public int InFlight => _inFlight.Count;

    public void Submit(Job job)
    {
        _shares.Enter(job);
        if (job.Length == 0)
        {
            Finish(job);
            return;
        }
        Plan(job);
        _runnable.Append(job);
    }

    public void Cancel(Job job)
    {
        if (job.Phase == JobPhase.Done || job.IsCancelled)
            return;
        job.IsCancelled = true;
        Stop(job);
        if (job.InFlight > 0)
            events.CancelWaits(job);
        Settle(job);
    }

    public static void Pause(Job job)
    {
        job.IsPaused = true;
        RunnableQueue.Remove(job);
    }

    public void Resume(Job job)
    {
        job.IsPaused = false;
        Advance(job);
    }

    /// <summary>Starts every sub-job that can start now, in order.</summary>
    public void Pump()
    {
        while (InFlight < settings.MaxSubJobs && (_runnable.Head is not null || _shares.TakeReady(InFlight, _runnable)))
        {
            var job = _runnable.Head!;
            if (LeaveCloning(job))
                continue;
            if (_shares.TryPark(job, InFlight))
                continue;
            if (!TryStartSubJob(job))
                return;
            RunnableQueue.Remove(job);
            if (Wants(job))
                _runnable.Append(job);
        }
    }

    /// <summary>The reader returned a sub-job: the read failed, or the job is ordered and its writes wait for their turn.</summary>
    public void ReadFinished(SubJob subJob)
    {
        if (subJob.ReadFailure == IoError.WorkerCrashed)
            subJob.Crew.IsBroken = true;
        subJob.IsRead = true;
        var job = subJob.Job;
        if (subJob.IsAtEnd)
        {
            // Reads submitted ahead also find the end, and report it in any order.
            job.Length = Math.Min(job.Length, subJob.Offset + subJob.Length);
            job.NextOffset = Math.Min(job.NextOffset, job.Length);      // smaller if an earlier piece was not written
        }
        if (subJob.ReadIsLost)
            Stop(job);
        if (!IsOrdered(subJob))
            End(subJob);
        Settle(job);
    }

    /// <summary>Processes a writer's report.</summary>
    public void Reported(DestinationIo io)
    {
        if (io.IsReported)
            return;     // abandoned in the meantime
        if (io.IsCrashed)
            io.SubJob.Crew.IsBroken = true;
        JobAccounts.Add(io);
        StopIfFailed(io.SubJob.Job);
        if (--io.SubJob.Unreported > 0)
            return;
        var job = io.SubJob.Job;
        End(io.SubJob);
        Settle(job);
    }

    /// <summary>The client stops, perhaps with sub-jobs in flight: clients that share its throttle must not wait for them forever.</summary>
    public void LeaveThrottle()
    {
        while (_metered > 0)
            EndMetered();
    }

    private bool Wants(Job job) =>
        !job.IsPaused && !job.IsStopping && job.NextOffset < job.Length && job.InFlight < MaxInFlight(job) && !job.Offload.IsMapping;

    private int MaxInFlight(Job job) => job.Phase == JobPhase.Clone || (job.Phase == JobPhase.Verify && job.Hashes) ? 1 : settings.SubJobsPerJob;

    private bool TryStartSubJob(Job job)
    {
        var phase = job.Phase;
        var (kind, length) = NextPiece(job);
        var moves = phase != JobPhase.Flush && kind != SubJobKind.Map;
        var reads = phase is JobPhase.Copy or JobPhase.Verify && kind != SubJobKind.Zeroes && job.Source is not null;
        var lease = default(PageLease);
        if (reads && moves && !pages.TryLease(length, out lease))
            return false;
        var metered = moves && throttle.IsLimited;
        if (metered && !throttle.TryStart(kind == SubJobKind.Zeroes && IsOfHoles(job) ? 0 : length, scheduler.Now.UtcTicks, out var wait))
        {
            pages.Return(lease);
            events.PumpLater(wait);
            return false;
        }

        var crew = crews.Hire(job.DestinationCount);
        if (!_free.TryPop(out var subJob))
            subJob = new SubJob();
        subJob.Prepare(job, crew, phase, kind, job.NextOffset, length, lease);
        subJob.IsMetered = metered;
        _metered += metered ? 1 : 0;
        crew.Current = subJob;
        job.IsStarted = true;
        job.InFlight++;
        subJob.Slot = _inFlight.Count;
        subJob.StartedAt = scheduler.MonotonicClock;
        _inFlight.Add(subJob);
        DiskShares.Take(job, lease);
        job.NextOffset = phase == JobPhase.Flush ? job.Length : job.NextOffset + length;
        job.Offload.IsMapping = kind == SubJobKind.Map;
        SkipCloned(job);
        if (IsOrdered(subJob))
            job.Unwritten.Add(subJob);
        if (reads)
        {
            crew.Reader.Tell(subJob, ActorRefs.NoSender);
        }
        else
        {
            subJob.IsRead = true;
            if (IsOrdered(subJob))
                WriteInOrder(job);
            else
                subJob.HandOver();
        }
        return true;
    }

    private static bool IsOrdered(SubJob subJob) => subJob.Job.IsOrdered && subJob.Phase == JobPhase.Copy && subJob.Kind != SubJobKind.Map;

    /// <summary>For jobs that write in order: hands over the oldest sub-job once it has been read. After a cancellation, or an error that ends the job, nothing
    /// more is written.</summary>
    private void WriteInOrder(Job job)
    {
        while (job.Unwritten.First is { IsRead: true, IsWriting: false } oldest)
        {
            var isStopped = job.IsCancelled || oldest.ReadIsLost || (!job.IgnoresErrors && (job.WriteErrors != 0 || job.ReadError));
            if (!isStopped && oldest.Length > 0)
            {
                oldest.IsWriting = true;
                oldest.HandOver();
                return;
            }
            job.Unwritten.Remove(oldest);
            if (oldest.Length > 0)
                job.NextOffset = Math.Min(job.NextOffset, oldest.Offset);   // not done
            End(oldest);
        }
    }

    private static void StopIfFailed(Job job)
    {
        if (!job.IgnoresErrors && (job.ReadError || job.WriteErrors != 0))
            Stop(job);
    }

    private static void Stop(Job job)
    {
        job.IsStopping = true;
        RunnableQueue.Remove(job);  // now: the job is settled later, and room for its next sub-job may become free before
    }

    /// <summary>Removes a sub-job from its job. The caller settles the job afterwards, once.</summary>
    private void End(SubJob subJob)
    {
        var job = subJob.Job;
        if (subJob.IsWriting)
            job.Unwritten.Remove(subJob);
        NoteOffload(subJob);
        JobAccounts.AddRead(subJob);
        StopIfFailed(job);
        Leave(job, subJob);
        if (subJob.Crew.IsBroken)
            pages.Forfeit(subJob.Lease);    // a device that threw may still write into it
        else
            pages.Return(subJob.Lease);
        crews.Return(subJob.Crew);
        subJob.Release();
        _free.Push(subJob);
    }

    private void Leave(Job job, SubJob subJob)
    {
        job.InFlight--;
        var last = _inFlight[^1];
        (_inFlight[subJob.Slot], last.Slot) = (last, subJob.Slot);
        _inFlight.RemoveAt(_inFlight.Count - 1);
        DiskShares.Return(job, subJob.Lease);
        _shares.TakeReady(InFlight, _runnable);
        if (subJob.IsMetered)
            EndMetered();
    }

    private void EndMetered()
    {
        _metered--;
        throttle.Ended(scheduler.Now.UtcTicks);
    }

    /// <summary>Called after every event of a job: writes what may be written now, then starts what comes next. When this returns, the job may be done and its
    /// object reused.</summary>
    private void Settle(Job job)
    {
        WriteInOrder(job);
        Advance(job);
    }
}
