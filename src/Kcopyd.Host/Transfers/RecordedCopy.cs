using Kcopyd.Actors;
using Kcopyd.Host.Mapfiles;

namespace Kcopyd.Host.Transfers;

/// <summary>
/// A copy whose finished parts are recorded in a map, or whose parts are given by ranges. It copies in windows, and retries what could not be read. Only data
/// that is flushed on every destination is recorded as finished, so the process may be killed at any time and resumed from the map file.
/// </summary>
/// <remarks>
/// <para>Positions in the map are positions in the source (in the first destination when zeroing), independent of the starts of the destinations, as in
/// ddrescue. The map outside the region stays unchanged.</para>
/// <para>Non-tried blocks come first, then blocks that failed in earlier runs, then the retries. A window in which a destination failed is not recorded.
/// Without --ignore-errors the first error ends the run, and the map keeps what was finished before it. --verify rereads what this run copied.</para>
/// </remarks>
internal sealed class RecordedCopy
{
    private readonly MapfileStore? _store;      // null: nothing is saved
    private readonly Mapfile _map;
    private readonly TransferPlan _plan;
    private readonly TransferOptions _options;
    private readonly CopyRanges? _ranges;       // null: the whole region
    private readonly List<MapBlock> _copied = [];       // but not flushed yet

    private RecordedCopy(MapfileStore? store, Mapfile map, CopyRanges? ranges, TransferPlan plan, TransferOptions options)
    {
        _ranges = ranges;
        _store = store;
        _map = map;
        _plan = plan;
        _options = options;
    }

    /// <summary>True if an earlier run started this copy: the content of the destinations then belongs to it.</summary>
    public bool IsBegun { get; private init; }

    /// <summary>Bytes of the region that earlier runs finished.</summary>
    public long Finished => _map.Within(Start, End).Where(static block => block.Status == MapStatus.Finished).Sum(static block => block.Size);

    private long Start => _plan.MapStart;

    private long End => _plan.MapStart + _plan.Length;

    /// <summary>Reads the map and checks whether it can belong to this copy.</summary>
    /// <returns>Null if nothing is recorded and nothing is retried: the copy is then a single job.</returns>
    /// <exception cref="UsageException">The map cannot belong to this copy, or cannot be read or written.</exception>
    public static async Task<RecordedCopy?> OpenAsync(TransferPlan plan, TransferOptions options, CopyRanges? ranges = null)
    {
        if (ranges?.End > plan.MapStart + plan.Length)
            throw new UsageException($"--ranges '{options.Ranges}' reaches to byte {ranges.End}, "
                + $"and the copy ends at byte {plan.MapStart + plan.Length} of the source.");
        if (options.Mapfile is not { } path)
        {
            return options.Retries > 0 || options.Reverse || ranges is not null
                ? new RecordedCopy(null, new Mapfile(), ranges, plan, options)
                : null;
        }
        var store = new MapfileStore(path);
        foreach (var survey in plan.Source is null ? plan.Destinations : plan.Destinations.Prepend(plan.Source))
        {
            if (store.Entry.Identity is { } identity
                && (identity.Equals(survey.Location.Storage) || identity.Equals(FileEntry.Of(survey.Operand.Path).Identity)))
                throw new UsageException($"--mapfile '{path}' is {survey.Operand}; name a separate file.");
        }
        var map = store.Load();
        var copy = new RecordedCopy(store, map, ranges, plan, options) { IsBegun = map.Blocks.Count > 0 };
        copy.CheckBelongs();
        await store.CheckAsync().ConfigureAwait(false);
        return copy;
    }

    /// <summary>Copies everything that is not finished.</summary>
    public async Task RunAsync(TransferJobs jobs, TransferResult result, CancellationToken cancellationToken)
    {
        _map.Extend(_plan.Source is { Kind: not OperandKind.Sink } source ? source.Size : End);
        // The next run then recognizes the destinations as those of this copy, however early this run is killed.
        await SaveAsync(result, Start, MapStatus.NonTried).ConfigureAwait(false);

        var pass = new CopyPass(this, jobs, result, _options, cancellationToken);
        var work = Unfinished(jobs.Devices.Alignment, static status => status != MapStatus.Finished)
            .OrderBy(static block => block.Status != MapStatus.NonTried)
            .ToList();
        result.Wanted = work.Sum(static block => block.Size);
        await pass.RunAsync(work, _options.Reverse).ConfigureAwait(false);
        for (var retry = 1; retry <= _options.Retries && !result.IsStopped; retry++)
        {
            var bad = Unfinished(jobs.Devices.Alignment, static status => status == MapStatus.BadSector).ToList();
            if (bad.Count == 0)
                break;
            result.Wanted += bad.Sum(static block => block.Size);
            // The direction alternates: a drive that cannot read a block from one side may read it from the other.
            await pass.RunAsync(bad, _options.Reverse ^ retry % 2 == 1).ConfigureAwait(false);
        }

        result.Settle(_map.Within(Start, End)
            .Where(static block => block.Status == MapStatus.BadSector)
            .Select(static block => new UnreadableRange(block.Position, block.Size)));
        var isWhole = !Unfinished(1, static status => status != MapStatus.Finished).Any();
        await SaveAsync(result, isWhole ? 0 : Start, isWhole ? MapStatus.Finished : MapStatus.NonTried).ConfigureAwait(false);
    }

    /// <summary>Notes the result of a job for a window. An incomplete job leaves the window unchanged.</summary>
    public void Note(MapBlock window, CopyResult copied)
    {
        // A job that ended early may also report unreadable ranges; only the byte counts distinguish it from a complete one.
        if (copied.WriteErrors != 0 || copied.IsCancelled || copied.Destinations.Any(destination => destination.Bytes != copied.Length))
            return;
        if (copied.ReadError && copied.Unreadable.Count == 0)
            return;     // the verification could not read it
        var at = window.Position;
        foreach (var range in copied.Unreadable)
        {
            Add(at, range.Offset, MapStatus.Finished);
            Add(range.Offset, range.Offset + range.Length, MapStatus.BadSector);
            at = range.Offset + range.Length;
        }
        Add(at, window.End, MapStatus.Finished);

        void Add(long from, long to, MapStatus status)
        {
            if (to > from)
                _copied.Add(new MapBlock(from, to - from, status));
        }
    }

    /// <summary>Flushes the destinations, records what was copied before that, and saves the map.</summary>
    /// <param name="jobs">The destinations.</param>
    /// <param name="result">Receives failures.</param>
    /// <param name="position">The current position of the run.</param>
    /// <param name="phase">The status of the blocks that it copies.</param>
    public async Task CommitAsync(TransferJobs jobs, TransferResult result, long position, MapStatus phase)
    {
        if (_copied.Count > 0)
        {
            var copied = _copied.ToList();
            _copied.Clear();
            if (await jobs.FlushAsync(result).ConfigureAwait(false))
                _map.MarkAll(copied);
        }
        await SaveAsync(result, position, phase).ConfigureAwait(false);
    }

    private async Task SaveAsync(TransferResult result, long position, MapStatus phase)
    {
        if (_store is null)
            return;
        try
        {
            await _store.SaveAsync(_map, position, phase).ConfigureAwait(false);
            result.MapError = null;
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            // The copy continues, and the map of an earlier save stays valid; the next save may succeed.
            result.MapError = $"--mapfile '{_store.Path}' could not be saved, and the next run will copy again what it does not record: {refused.Message}";
        }
    }

    // Jobs consist of whole units of the devices. Neighboring bytes in these units are copied again, which does no harm.
    private IEnumerable<MapBlock> Unfinished(int unit, Func<MapStatus, bool> isWanted)
    {
        foreach (var block in Wanted().Where(block => isWanted(block.Status)))
        {
            var from = (block.Position - Start) / unit * unit;
            var to = Math.Min(_plan.Length, (block.End - Start + unit - 1) / unit * unit);
            yield return new MapBlock(Start + from, to - from, block.Status);
        }
    }

    private IEnumerable<MapBlock> Wanted() => _ranges is null
        ? _map.Within(Start, End)
        : _ranges.Within(Start, End).SelectMany(range => _map.Within(range.Offset, range.End));

    private void CheckBelongs()
    {
        if (_map.Blocks.LastOrDefault(static block => block.Status == MapStatus.Finished) is { Size: > 0 } last
            && _plan.Source is { } source && last.End > source.Size)
        {
            throw new UsageException($"--mapfile '{_store!.Path}' records finished data up to byte {last.End}, and {source.Operand} has {source.Size}: "
                + "it is the map of another source. Name another file, or delete it to start over.");
        }
        var end = _map.Within(Start, End).LastOrDefault(static block => block.Status == MapStatus.Finished).End;
        if (end == 0)
            return;
        foreach (var destination in _plan.Destinations)
        {
            var reason = destination.Kind == OperandKind.Missing ? "does not exist"
                : destination.Kind != OperandKind.File ? null
                : _options.Truncate ? "would be emptied by --truncate"
                : destination.Size - destination.Operand.Start < end - Start ? "is shorter than that data"
                : null;
            if (reason is not null)
                throw new UsageException($"--mapfile '{_store!.Path}' records data as already copied, but {destination.Operand} {reason}. "
                    + $"To start over, delete the map file{(_options.Truncate ? "; to continue, omit --truncate" : "")}.");
        }
    }
}
