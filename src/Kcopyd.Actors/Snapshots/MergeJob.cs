using Kcopyd.Actors.Messaging;

namespace Kcopyd.Actors.Snapshots;

/// <summary>The progress of a merge.</summary>
/// <param name="Merged">Chunks merged since this merge was started.</param>
/// <param name="Remaining">Chunks still to be merged.</param>
public readonly record struct MergeProgress(long Merged, long Remaining);

/// <summary>How a merge ended.</summary>
/// <param name="Merged">Chunks merged since this merge was started.</param>
/// <param name="Remaining">Chunks still to be merged; 0 if the merge is complete. Another merge continues with them.</param>
/// <param name="Error">Why it stopped; <see cref="IoError.Cancelled"/> if it was cancelled.</param>
/// <param name="Reason">The same as a message for the user.</param>
public sealed record MergeResult(long Merged, long Remaining, IoError Error, string? Reason)
{
    /// <summary>True if the origin now holds the snapshot's content and the store has no exceptions left.</summary>
    public bool IsComplete => Error == IoError.None && Remaining == 0;
}

/// <summary>The caller's side of a merge: its progress, cancellation and result.</summary>
internal sealed class MergeJob(Completions completions, IProgress<MergeProgress>? progress, CancellationToken cancellationToken)
{
    private long _merged;

    /// <summary>The result.</summary>
    public Completion<MergeResult> Ended { get; } = new(completions);

    public bool IsCancelled => cancellationToken.IsCancellationRequested;

    public void Add(int chunks, long remaining)
    {
        _merged += chunks;
        progress?.Report(new MergeProgress(_merged, remaining));
    }

    public void End(IoError error, string? reason, long remaining) => Ended.SetResult(new MergeResult(_merged, remaining, error, reason));

    public void Refuse(Exception exception) => Ended.SetException(exception);
}
