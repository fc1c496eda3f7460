using Kcopyd.Actors.TestKit.Disks;

namespace Kcopyd.Actors.Tests.Simulation;

/// <summary>
/// The reference: from what a job asked for and what its devices did, what it may have been told and what its destinations may hold.
/// It knows nothing of sub-jobs, pages or actors. No two jobs share a byte, so each is judged by itself.
/// </summary>
internal sealed class Model(Scenario scenario, IoLog log, bool isStopped)
{
    private bool HasKills => scenario.Kills > 0;

    public void Judge(IEnumerable<JobOutcome> jobs)
    {
        foreach (var job in jobs.Where(job => job.Handle is not null))
        {
            var verdict = new JobModel(job, log, scenario.Settings.Offload, isStopped, HasKills);
            verdict.Judge();
            foreach (var complaint in verdict.Complaints)
                log.Complaints.Add($"{complaint}: {job.Plan}");
            if (!HasKills && !Crashed(job))
                Bounds(job);
            if (Started(job).Count(step => step > job.StoppingAt) > scenario.Settings.SubJobsPerJob)
                log.Complaints.Add($"sub-jobs start although it was stopping at {job.StoppingAt}: {job.Plan}");
        }
        if (scenario.IsHealthy || !HasKills && !log.Entries.Exists(entry => entry.Error == IoError.WorkerCrashed))
            AtMost(log.Entries.Where(entry => entry.Device == scenario.Source), scenario.Settings.MaxSubJobs, "reads of the client");
    }

    /// <summary>When each sub-job of a job was first seen: its first I/O asks for all of it, and later ones are within that.</summary>
    private IEnumerable<long> Started(JobOutcome job)
    {
        var seen = new List<IoEntry>();
        foreach (var io in Region(job.Plan.From ?? job.Plan.To[0]).Where(io => io.Kind != DiskIoKind.Map))
        {
            if (seen.Exists(first => first.Offset <= io.Offset && io.Offset + io.Length <= first.Offset + first.Length))
                continue;
            seen.Add(io);
            yield return io.Issued;
        }
    }

    private bool Crashed(JobOutcome job) =>
        Region(job.Plan.From).Concat(job.Plan.To.SelectMany(to => Region(to))).Any(entry => entry.Error == IoError.WorkerCrashed);

    private IEnumerable<IoEntry> Region(IoRegion? region) => JobModel.In(log, region);

    private void Bounds(JobOutcome job)
    {
        AtMost(Region(job.Plan.From), scenario.Settings.SubJobsPerJob, $"reads of {job.Plan}");
        foreach (var to in job.Plan.To)
            AtMost(Region(to), scenario.Settings.SubJobsPerJob, $"writes of {job.Plan}");
    }

    private void AtMost(IEnumerable<IoEntry> entries, int bound, string what)
    {
        var running = new List<IoEntry>();
        foreach (var entry in entries)
        {
            running.RemoveAll(other => other.Completed <= entry.Issued);
            running.Add(entry);
            if (running.Count > bound)
            {
                log.Complaints.Add($"more than {bound} at once: {what}");
                return;
            }
        }
    }
}
