using Kcopyd.Actors;

namespace Kcopyd.Host.Transfers;

/// <summary>The combined result of the jobs of one command: a single job, or one for each window of a recorded copy.</summary>
internal sealed class TransferResult(TransferPlan plan, TransferOptions options)
{
    private readonly long[] _written = new long[plan.Destinations.Count];
    private readonly IoFault?[] _faults = new IoFault?[plan.Destinations.Count];
    private readonly SortedDictionary<long, long> _unreadable = [];
    private readonly string?[] _hashes = new string?[plan.Destinations.Count];
    private readonly long[] _unchanged = new long[plan.Destinations.Count];

    public TransferPlan Plan { get; } = plan;

    public bool ReadError { get; private set; }

    /// <summary>Bit <c>i</c> is set if destination <c>i</c> failed.</summary>
    public ulong WriteErrors { get; private set; }

    public bool IsCancelled { get; private set; }

    public IoFault? ReadFault { get; private set; }

    public TimeSpan Elapsed { get; set; }

    /// <summary>Bytes to write to every destination in this run; negative if unknown until the source ends.</summary>
    public long Wanted { get; set; } = plan.IsOpenEnded ? -1 : plan.Length;

    /// <summary>Why the map file could not be saved last time; null if it was saved.</summary>
    public string? MapError { get; set; }

    public bool IsSuccess => !ReadError && WriteErrors == 0 && !IsCancelled && MapError is null;

    /// <summary>True if the source device is gone.</summary>
    public bool IsSourceGone { get; private set; }

    /// <summary>True if an error or an interruption ended the run early.</summary>
    public bool IsStopped => IsCancelled || IsSourceGone || (!options.IgnoresErrors && (ReadError || WriteErrors != 0));

    /// <summary>The maximum of the bytes written to a destination.</summary>
    public long Bytes => _written.Max();

    /// <summary>The sum of the bytes written to all destinations.</summary>
    public long BytesOfAll => _written.Sum();

    /// <summary>The part of these bytes that was not read and written.</summary>
    public OffloadedBytes Offloaded { get; private set; }

    /// <summary>The hash as read again; null if it was not requested, or not everything was read.</summary>
    public string? SourceSha256 { get; private set; }

    /// <inheritdoc cref="SourceSha256"/>
    public string? Sha256Of(int destination) => _hashes[destination];

    /// <summary>Bytes of a destination that were already correct.</summary>
    public long UnchangedOf(int destination) => _unchanged[destination];

    public long BytesOf(int destination) => _written[destination];

    /// <summary>The error of a destination; null if it is complete and on stable storage.</summary>
    public string? ErrorOf(int destination)
    {
        var path = Plan.Destinations[destination].Operand.Name;
        return _faults[destination] is { } fault ? fault.Message
            : _written[destination] < Wanted ? $"{path}: incomplete: {_written[destination]} of {Wanted} bytes were written when the copy stopped"
            : IsStopped && options.Verifies ? $"{path}: not verified: the copy stopped first"
            : null;
    }

    /// <summary>Unreadable ranges in order of their offset in the source, neighbors merged.</summary>
    public IReadOnlyList<UnreadableRange> Unreadable
    {
        get
        {
            var merged = new List<UnreadableRange>();
            foreach (var (offset, length) in _unreadable)
            {
                if (merged.Count > 0 && merged[^1] is var last && last.Offset + last.Length == offset)
                    merged[^1] = last with { Length = last.Length + length };
                else
                    merged.Add(new UnreadableRange(offset, length));
            }
            return merged;
        }
    }

    public void Add(CopyResult result)
    {
        IsCancelled |= result.IsCancelled;
        WriteErrors |= result.WriteErrors;
        Offloaded = Offloaded.Add(result.Offloaded);
        // A stream that was aborted by the interruption has not failed.
        if (result.ReadFault is not { Error: IoError.Cancelled })
        {
            ReadError |= result.ReadError;
            ReadFault ??= result.ReadFault;
        }
        if (!IsSourceGone && result.ReadFault is { Error: var error } gone && error.IsDeviceGone())
        {
            IsSourceGone = true;
            ReadFault = gone;       // replaces the fault of a bad sector
        }
        for (var i = 0; i < result.Destinations.Count; i++)
        {
            _written[i] += result.Destinations[i].Bytes;
            _faults[i] ??= result.Destinations[i].Fault;
            _hashes[i] = result.Destinations[i].Sha256;
            _unchanged[i] += result.Destinations[i].Unchanged;
        }
        SourceSha256 = result.SourceSha256;
        foreach (var range in result.Unreadable)
            _unreadable[range.Offset] = range.Length;
    }

    /// <summary>Sets the final unreadable ranges after all jobs, including retries, have completed.</summary>
    /// <param name="unreadable">The unreadable ranges of the whole run, in order.</param>
    public void Settle(IEnumerable<UnreadableRange> unreadable)
    {
        _unreadable.Clear();
        foreach (var range in unreadable)
            _unreadable[range.Offset] = range.Length;
        if (options.IgnoresErrors && !IsSourceGone)
            ReadError = _unreadable.Count > 0;
        if (!ReadError)
            ReadFault = null;
    }

    /// <summary>Records an interruption between two jobs.</summary>
    public void Cancel() => IsCancelled = true;

    /// <summary>The first error of a destination; null if it had none, which does not mean that it is complete.</summary>
    public IoFault? FaultOf(int destination) => _faults[destination];

    /// <summary>Records a failed flush outside of a job.</summary>
    public void AddFault(int destination, IoFault fault)
    {
        WriteErrors |= 1UL << destination;
        _faults[destination] = fault;
    }
}
