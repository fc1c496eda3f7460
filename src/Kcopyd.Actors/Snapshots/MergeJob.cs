namespace Kcopyd.Actors.Snapshots;

/// <summary>Where a merge is.</summary>
/// <param name="Merged">Chunks that were merged since it was begun.</param>
/// <param name="Remaining">Chunks that are still to be merged.</param>
public readonly record struct MergeProgress(long Merged, long Remaining);

/// <summary>How a merge ended.</summary>
/// <param name="Merged">Chunks that were merged since it was begun.</param>
/// <param name="Remaining">Chunks that are still to be merged; none if it is complete. Beginning it again goes on with them.</param>
/// <param name="Error">Why it did not go on; <see cref="IoError.Cancelled"/> if it was cancelled.</param>
/// <param name="Reason">The same for people.</param>
public sealed record MergeResult(long Merged, long Remaining, IoError Error, string? Reason)
{
    /// <summary>True if the origin now holds what the snapshot did, and the store no exception.</summary>
    public bool IsComplete => Error == IoError.None && Remaining == 0;
}

/// <summary>Who waits for a merge.</summary>
internal sealed class MergeJob(IProgress<MergeProgress>? progress, CancellationToken cancellationToken)
{
    private readonly TaskCompletionSource<MergeResult> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _merged;

    public Task<MergeResult> Ended => _ended.Task;

    public bool IsCancelled => cancellationToken.IsCancellationRequested;

    public void Add(int chunks, long remaining)
    {
        _merged += chunks;
        progress?.Report(new MergeProgress(_merged, remaining));
    }

    public void End(IoError error, string? reason, long remaining) => _ended.TrySetResult(new MergeResult(_merged, remaining, error, reason));

    public void Refuse(Exception exception) => _ended.TrySetException(exception);
}
