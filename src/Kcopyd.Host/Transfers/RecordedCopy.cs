using System.Diagnostics;
using Kcopyd.Actors.Jobs;
using Kcopyd.Host.Mapfiles;

namespace Kcopyd.Host.Transfers;

/// <summary>
/// A copy that is recorded in a map file and resumed from it: what is not finished is copied window by window, and only what is flushed on
/// every destination is recorded as finished, so the process may be killed at any time.
/// </summary>
/// <remarks>
/// <para>Positions in the map are those of the source (of the first destination when zeroing), whatever the starts of the destinations
/// are; that is where ddrescue looks for them, too. What lies outside the region stays as the map has it.</para>
/// <para>What was never tried comes first, then what failed in earlier runs. A window in which a destination failed is not recorded
/// at all. Without --ignore-errors the first error ends the run, and the map keeps what was finished before it. --verify reads again what
/// this run copied.</para>
/// </remarks>
internal sealed class MapfileSession
{
    private const long LeastWindow = 1 << 20;
    private const long MostWindow = 256 << 20;
    private static readonly TimeSpan SaveInterval = TimeSpan.FromSeconds(1);

    private readonly MapfileStore _store;
    private readonly Mapfile _map;
    private readonly TransferPlan _plan;
    private long _window = 4 << 20;
    private long _savedAt = Stopwatch.GetTimestamp();

    private MapfileSession(MapfileStore store, Mapfile map, TransferPlan plan)
    {
        _store = store;
        _map = map;
        _plan = plan;
    }

    private long Start => _plan.MapStart;

    private long End => _plan.MapStart + _plan.Length;

    /// <summary>True if an earlier run began this copy: what the destinations hold is then its own.</summary>
    public bool IsBegun => _map.Blocks.Count > 0;

    /// <summary>Bytes of the region that earlier runs finished.</summary>
    public long Finished => _map.Within(Start, End).Where(block => block.Status == MapStatus.Finished).Sum(block => block.Size);

    /// <summary>Reads the map and sees whether it can belong to this copy.</summary>
    /// <exception cref="UsageException">It cannot, or the map cannot be read or written.</exception>
    public static async Task<MapfileSession> OpenAsync(string path, TransferPlan plan, TransferOptions options)
    {
        var store = new MapfileStore(path);
        foreach (var survey in plan.Source is null ? plan.Destinations : plan.Destinations.Prepend(plan.Source))
        {
            if (store.Entry.Identity is { } identity && (identity.Equals(survey.Storage) || identity.Equals(FileEntry.Of(survey.Target.Path).Identity)))
                throw new UsageException($"--mapfile '{path}' is {survey.Target}; name a file of its own.");
        }
        var session = new MapfileSession(store, store.Load(), plan);
        session.CheckBelongs(options);
        await store.CheckAsync().ConfigureAwait(false);
        return session;
    }

    /// <summary>Copies what is not finished.</summary>
    public async Task RunAsync(Transfer transfer, TransferResult result, CancellationToken cancellationToken)
    {
        var unit = transfer.Devices.Alignment;
        var work = _map.Within(Start, End)
            .Append(new MapBlock(Math.Max(Start, _map.End), Math.Max(0, End - Math.Max(Start, _map.End)), MapStatus.NonTried))
            .Where(block => block.Size > 0 && block.Status != MapStatus.Finished)
            .OrderBy(block => block.Status != MapStatus.NonTried)
            .Select(block => Widen(block, unit))
            .ToList();
        result.Wanted = work.Sum(block => block.Size);
        _map.Extend(_plan.Source is { Kind: not TargetKind.Sink } source ? source.Size : End);

        // So that the next run knows the destinations as this copy's, however early this one is killed.
        await SaveAsync(result, Start, MapStatus.NonTried).ConfigureAwait(false);
        foreach (var block in work)
        {
            for (var at = block.Position; at < block.End && !result.IsStopped;)
            {
                if (cancellationToken.IsCancellationRequested)
                    result.Cancel();
                else
                    at += await CopyWindowAsync(transfer, result, block with { Position = at, Size = Math.Min(_window, block.End - at) }).ConfigureAwait(false);
            }
        }
        var isWhole = _map.Within(Start, End).All(block => block.Status == MapStatus.Finished);
        await SaveAsync(result, isWhole ? 0 : Start, isWhole ? MapStatus.Finished : MapStatus.NonTried).ConfigureAwait(false);
    }

    private async Task<long> CopyWindowAsync(Transfer transfer, TransferResult result, MapBlock window)
    {
        var started = Stopwatch.GetTimestamp();
        var copied = await transfer.RunAsync(window.Position - Start, window.Size, result).ConfigureAwait(false);
        _map.Record(window, copied);
        if (Stopwatch.GetElapsedTime(_savedAt) >= SaveInterval)
            await SaveAsync(result, window.End, window.Status).ConfigureAwait(false);

        // About a second of work: what a kill loses, and what a flush costs little against.
        var took = Stopwatch.GetElapsedTime(started);
        _window = took < TimeSpan.FromSeconds(0.5) ? Math.Min(_window * 2, MostWindow)
            : took > TimeSpan.FromSeconds(2) ? Math.Max(_window / 2, LeastWindow)
            : _window;
        return window.Size;
    }

    private async Task SaveAsync(TransferResult result, long position, MapStatus phase)
    {
        try
        {
            await _store.SaveAsync(_map, position, phase).ConfigureAwait(false);
            result.MapError = null;
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            // The copy goes on, and so does the map of an earlier save; the next one may succeed.
            result.MapError = $"--mapfile '{_store.Path}' could not be saved, and the next run will copy again what it does not record: {refused.Message}";
        }
        _savedAt = Stopwatch.GetTimestamp();
    }

    // Jobs are of whole units of the devices. The neighbours that this draws in are copied again, which does no harm.
    private MapBlock Widen(MapBlock block, int unit)
    {
        var from = (block.Position - Start) / unit * unit;
        var to = Math.Min(_plan.Length, (block.End - Start + unit - 1) / unit * unit);
        return new MapBlock(Start + from, to - from, block.Status);
    }

    private void CheckBelongs(TransferOptions options)
    {
        if (_map.Blocks.LastOrDefault(block => block.Status == MapStatus.Finished) is { Size: > 0 } last
            && _plan.Source is { } source && last.End > source.Size)
        {
            throw new UsageException($"--mapfile '{_store.Path}' has data finished up to byte {last.End}, and {source.Target} has {source.Size}: it is the map of another source. Name another file, or delete it to begin anew.");
        }
        var end = _map.Within(Start, End).LastOrDefault(block => block.Status == MapStatus.Finished).End;
        if (end == 0)
            return;
        foreach (var destination in _plan.Destinations)
        {
            var reason = destination.Kind == TargetKind.Missing ? "does not exist"
                : destination.Kind != TargetKind.File ? null
                : options.Truncate ? "would be emptied by --truncate"
                : destination.Size - destination.Target.Start < end - Start ? "is shorter than that"
                : null;
            if (reason is not null)
                throw new UsageException($"--mapfile '{_store.Path}' says that data was copied already, but {destination.Target} {reason}. To begin anew, delete the map file{(options.Truncate ? ", or drop --truncate to continue" : "")}.");
        }
    }
}
