using Kcopyd.Actors.Devices;

namespace Kcopyd.Actors.Jobs;

/// <summary>What the world sees of a job: its progress, and its result.</summary>
internal static class JobSnapshot
{
    private const long MoreThanAnyDevice = long.MaxValue / 2;       // bytes: the end of a stream was not reached

    public static JobProgress Of(Job job)
    {
        var destinations = new DestinationProgress[job.DestinationCount];
        for (var i = 0; i < destinations.Length; i++)
            destinations[i] = new DestinationProgress(job.Destinations[i].Written, job.Destinations[i].Fault);
        return new JobProgress(job.Id, State(job), job.Length, job.BytesRead, destinations);
    }

    public static CopyResult Result(Job job)
    {
        var isClean = job is { ReadError: false, WriteErrors: 0, IsCancelled: false, Hashes: false };
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
            SourceSha256 = job.RegionHashes?.Source(),
            Destinations = isClean ? null! : Destinations(job),
        };
    }

    private static DestinationResult[] Destinations(Job job)
    {
        var destinations = new DestinationResult[job.DestinationCount];
        for (var i = 0; i < destinations.Length; i++)
        {
            ref readonly var destination = ref job.Destinations[i];
            destinations[i] = new DestinationResult(destination.Written, destination.Fault, job.RegionHashes?.Destination(i));
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
