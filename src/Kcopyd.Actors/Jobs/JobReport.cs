namespace Kcopyd.Actors.Jobs;

/// <summary>The public view of a job: its progress and its result.</summary>
internal static class JobReport
{
    private const long MoreThanAnyDevice = long.MaxValue / 2;       // bytes; a longer job has not reached the end of its stream

    public static JobProgress Of(Job job)
    {
        var destinations = new DestinationProgress[job.DestinationCount];
        for (var i = 0; i < destinations.Length; i++)
            destinations[i] = new DestinationProgress(job.Destinations[i].Written, job.Destinations[i].Fault);
        return new JobProgress(job.Id, State(job), job.Length, job.BytesRead, destinations);
    }

    /// <summary>The result of a job.</summary>
    /// <param name="job">A job with nothing in flight; or, without hashes, one that the workers of a stopped client may still use.</param>
    /// <param name="hashes">False leaves the hashes out.</param>
    public static CopyResult Result(Job job, bool hashes = true)
    {
        var isClean = job is { ReadError: false, WriteErrors: 0, IsCancelled: false, Hashes: false } && (job.Flags & CopyFlags.OnlyDifferent) == 0;
        return new CopyResult
        {
            JobId = job.Id,
            Context = job.Notification.Context,
            ReadError = job.ReadError,
            WriteErrors = job.WriteErrors,
            IsCancelled = job.IsCancelled,
            Length = job is { IsOpenEnded: true, Length: > MoreThanAnyDevice } ? job.BytesRead : job.Length,
            DestinationCount = job.DestinationCount,
            ReadFault = job.ReadFault,
            Unreadable = job.Unreadable.IsEmpty ? [] : job.Unreadable.ToArray(),
            Offloaded = job.Offload.Done,
            SourceSha256 = hashes ? job.RegionHashes?.Source() : null,
            Destinations = isClean ? null! : Destinations(job, hashes),
        };
    }

    public static DestinationResult[] Destinations(Job job, bool hashes)
    {
        var destinations = new DestinationResult[job.DestinationCount];
        for (var i = 0; i < destinations.Length; i++)
        {
            ref readonly var destination = ref job.Destinations[i];
            destinations[i] = new DestinationResult(destination.Written, destination.Fault, hashes ? job.RegionHashes?.Destination(i) : null)
            {
                Unchanged = destination.Unchanged,
                Differences = destination.Differences.IsEmpty
                    ? []
                    : Array.ConvertAll(destination.Differences.ToArray(), static range => new DifferentRange(range.Offset, range.Length)),
            };
        }
        return destinations;
    }

    private static JobState State(Job job) => job switch
    {
        { Phase: JobPhase.Done } => JobState.Completed,
        { IsStopping: true } => JobState.Stopping,
        { IsPaused: true } => JobState.Paused,
        { IsStarted: false } => JobState.Waiting,
        { Phase: JobPhase.Flush } => JobState.Flushing,
        { Phase: JobPhase.Verify } => JobState.Verifying,
        _ => JobState.Running,
    };
}
