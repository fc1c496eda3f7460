using Kcopyd.Actors;

namespace Kcopyd.Host.Transfers;

/// <summary>What the jobs of one command did together: one job, or one for each window of a recorded copy.</summary>
internal sealed class TransferResult(TransferPlan plan, TransferOptions options)
{
    private readonly long[] _written = new long[plan.Destinations.Count];
    private readonly IoFault?[] _faults = new IoFault?[plan.Destinations.Count];
    private readonly SortedDictionary<long, long> _unreadable = [];
    private readonly string?[] _hashes = new string?[plan.Destinations.Count];
    private readonly long[] _unchanged = new long[plan.Destinations.Count];

    public TransferPlan Plan { get; } = plan;

    public bool ReadError { get; private set; }

    /// <summary>Bit <c>i</c> is destination <c>i</c>'s.</summary>
    public ulong WriteErrors { get; private set; }

    public bool IsCancelled { get; private set; }

    public IoFault? ReadFault { get; private set; }

    public TimeSpan Elapsed { get; set; }

    /// <summary>Bytes that every destination is to get in this run; negative if only the end of the source tells.</summary>
    public long Wanted { get; set; } = plan.IsOpenEnded ? -1 : plan.Length;

    /// <summary>Why the last map file could not be saved; null if it was.</summary>
    public string? MapError { get; set; }

    public bool IsSuccess => !ReadError && WriteErrors == 0 && !IsCancelled && MapError is null;

    /// <summary>True if there is nothing to read from any more.</summary>
    public bool IsSourceGone { get; private set; }

    /// <summary>True if an error or the interruption ended the run early.</summary>
    public bool IsStopped => IsCancelled || IsSourceGone || (!options.IgnoresErrors && (ReadError || WriteErrors != 0));

    /// <summary>Bytes that the destination got that got most.</summary>
    public long Bytes => _written.Max();

    /// <summary>Bytes written to all destinations together.</summary>
    public long BytesOfAll => _written.Sum();

    /// <summary>How many of those were not read and written.</summary>
    public OffloadedBytes Offloaded { get; private set; }

    /// <summary>Of the source as it was read again; null if nobody asked, or it was not read whole.</summary>
    public string? SourceSha256 { get; private set; }

    /// <inheritdoc cref="SourceSha256"/>
    public string? Sha256Of(int destination) => _hashes[destination];

    /// <summary>Bytes that were as they should be already.</summary>
    public long UnchangedOf(int destination) => _unchanged[destination];

    public long BytesOf(int destination) => _written[destination];

    /// <summary>What is wrong with a destination; null if it is whole and on stable storage.</summary>
    public string? ErrorOf(int destination)
    {
        var path = Plan.Destinations[destination].Operand.Name;
        return _faults[destination] is { } fault ? fault.Message
            : _written[destination] < Wanted ? $"{path}: not whole: {_written[destination]} of {Wanted} bytes were written when the copy stopped"
            : IsStopped && options.Verifies ? $"{path}: not verified: the copy stopped before"
            : null;
    }

    /// <summary>In order of their offset on the source, neighbours merged.</summary>
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
        // A stream that was given up because of the interruption has not failed.
        if (result.ReadFault is not { Error: IoError.Cancelled })
        {
            ReadError |= result.ReadError;
            ReadFault ??= result.ReadFault;
        }
        if (!IsSourceGone && result.ReadFault is { Error: var error } gone && error.IsDeviceGone())
        {
            IsSourceGone = true;
            ReadFault = gone;       // in the place of a bad sector's
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

    /// <summary>Every job is done, and some of them were done again: what could not be read is known now.</summary>
    /// <param name="unreadable">Of the whole run, in order.</param>
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

    /// <summary>The interruption came between two jobs.</summary>
    public void Cancel() => IsCancelled = true;

    /// <summary>The first error of a destination; null if it had none, which does not mean that it is whole.</summary>
    public IoFault? FaultOf(int destination) => _faults[destination];

    /// <summary>A flush outside of a job failed.</summary>
    public void AddFault(int destination, IoFault fault)
    {
        WriteErrors |= 1UL << destination;
        _faults[destination] = fault;
    }
}
