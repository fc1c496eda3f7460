using System.Diagnostics;
using Kcopyd.Actors;
using Kcopyd.Host.Mapfiles;

namespace Kcopyd.Host.Transfers;

/// <summary>
/// One pass over blocks of a map, in windows, of which several are in flight at once: a map of a hundred thousand small blocks takes no longer than its bytes.
/// Their results are committed together, about once a second: a kill loses at most that much, and flushing costs little in comparison.
/// </summary>
internal sealed class CopyPass(RecordedCopy record, TransferJobs jobs, TransferResult result, TransferOptions options, CancellationToken cancellationToken)
{
    private const int MaxInFlight = 64;
    private const long MinWindow = 1 << 20;
    private const long MaxWindow = 64 << 20;
    private static readonly TimeSpan CommitInterval = TimeSpan.FromSeconds(1);

    private readonly Queue<(MapBlock Window, Task<CopyResult> Copied)> _inFlight = new();
    private readonly bool _isInOrder = (options.Flags & CopyFlags.Sequential) != 0;
    private long _window = 4 << 20;
    private long _bytesInFlight;
    private long _bytesSinceCommit;
    private long _committedAt = Stopwatch.GetTimestamp();

    /// <summary>Copies the blocks, unless the run stops. Everything that was copied is committed when this returns.</summary>
    /// <param name="blocks">Blocks of whole units.</param>
    /// <param name="isReverse">True to begin with the last block, at its end.</param>
    public async Task RunAsync(IReadOnlyList<MapBlock> blocks, bool isReverse)
    {
        var at = default(MapBlock);
        foreach (var window in (isReverse ? blocks.Reverse() : blocks).SelectMany(block => Windows(block, isReverse)))
        {
            while (_inFlight.Count > 0 && !HasRoomFor(window))
                await TakeOldestAsync().ConfigureAwait(false);
            if (cancellationToken.IsCancellationRequested)
                result.Cancel();
            if (result.IsStopped)
                break;
            _bytesInFlight += window.Size;
            _inFlight.Enqueue((window, jobs.RunAsync(window.Position - jobs.Devices.Plan.MapStart, window.Size)));
            at = window;
        }
        while (_inFlight.Count > 0)
            await TakeOldestAsync().ConfigureAwait(false);
        await CommitAsync(at).ConfigureAwait(false);
    }

    private bool HasRoomFor(MapBlock window) => !_isInOrder && _inFlight.Count < MaxInFlight && _bytesInFlight + window.Size <= 2 * _window;

    private async Task TakeOldestAsync()
    {
        var (window, copying) = _inFlight.Dequeue();
        var copied = await copying.ConfigureAwait(false);
        _bytesInFlight -= window.Size;
        _bytesSinceCommit += window.Size;
        result.Add(copied);
        record.Note(window, copied);
        if (Stopwatch.GetElapsedTime(_committedAt) >= CommitInterval)
            await CommitAsync(window).ConfigureAwait(false);
    }

    private async Task CommitAsync(MapBlock at)
    {
        // Half a second of work: a kill loses little, and the end of a window costs little.
        var seconds = Stopwatch.GetElapsedTime(_committedAt).TotalSeconds;
        if (seconds >= CommitInterval.TotalSeconds)
            _window = Math.Clamp((long)(_bytesSinceCommit / seconds / 2) & -MinWindow, MinWindow, MaxWindow);
        await record.CommitAsync(jobs, result, at.End, at.Size > 0 ? at.Status : MapStatus.NonTried).ConfigureAwait(false);
        _bytesSinceCommit = 0;
        _committedAt = Stopwatch.GetTimestamp();
    }

    // The window size may change between two windows.
    private IEnumerable<MapBlock> Windows(MapBlock block, bool isReverse)
    {
        for (long done = 0; done < block.Size;)
        {
            // In reverse, windows have the same boundaries as from the start.
            var size = isReverse ? (block.Size - done - 1) % _window + 1 : Math.Min(_window, block.Size - done);
            yield return block with { Position = isReverse ? block.End - done - size : block.Position + done, Size = size };
            done += size;
        }
    }
}
