using Kcopyd.Actors.Messaging;

namespace Kcopyd.Actors;

/// <summary>
/// How a job ended: what <c>dm_kcopyd_notify_fn</c> tells (an error of the read, a bit per destination, the caller's context),
/// and the detail beside it. This is the message that a job's <c>notify</c> actor receives; it may cross a wire if its context may.
/// </summary>
public sealed record CopyResult
{
    private const int MostRangesOnWire = 400;       // some 40 KiB of the 128 KiB that a frame of Akka.Remote has

    private readonly IReadOnlyList<DestinationResult>? _destinations;
    private readonly string? _contextType;
    private bool _readError;
    private ulong _writeErrors;

    /// <summary>The job's number, unique within its client; 0 for a prepared callback.</summary>
    public long JobId { get; init; }

    /// <summary>True if any part of the source could not be read.</summary>
    public bool ReadError { get => _readError; init => _readError = value; }

    /// <summary>Bit <c>i</c> is set if destination <c>i</c> (of 0 to 63) failed; every bit, if the job was cancelled.</summary>
    public ulong WriteErrors { get => _writeErrors; init => _writeErrors = value; }

    /// <summary>What the caller gave with the job.</summary>
    public object? Context { get => WireContext.Restore(field, _contextType); init; }

    /// <summary>The context's type, which travels beside it over a wire.</summary>
    public string? ContextType { get => _contextType ?? WireContext.TypeOf(Context); init => _contextType = value; }

    /// <summary>Why a request of the actor protocol was refused: nothing was read or written, and every bit is set. Null of every job that was
    /// admitted.</summary>
    public string? Refusal { get; init; }

    /// <summary>True if the job was cancelled before it was whole.</summary>
    public bool IsCancelled { get; init; }

    /// <summary>True if nothing failed and nothing was cancelled or refused.</summary>
    public bool IsSuccess => !ReadError && WriteErrors == 0 && !IsCancelled && Refusal is null;

    /// <summary>Bytes that the job was to write to each destination.</summary>
    public long Length { get; init; }

    /// <summary>Number of destinations.</summary>
    public int DestinationCount { get; init; }

    /// <summary>The first read error (code, source sector); null if there was none.</summary>
    public IoFault? ReadFault { get; init; }

    /// <summary>The ranges that could not be read, in order, merged; with <see cref="CopyFlags.IgnoreError"/> they were written as zeroes.</summary>
    public IReadOnlyList<UnreadableRange> Unreadable { get; init => field = WireList.Of(value); } = [];

    /// <summary>Ranges, of <see cref="Unreadable"/> and of <see cref="DestinationResult.Differences"/>, that were left out because the result went to another
    /// node.</summary>
    public int OmittedRanges { get; init; }

    /// <summary>How many of the bytes written, of all destinations together, were not read and written but cloned, made holes of or
    /// zeroed by the devices themselves.</summary>
    public OffloadedBytes Offloaded { get; init; }

    /// <summary>SHA-256 (lower-case hex) of the source region as it was read for the verification; null without <see cref="CopyFlags.VerifyHash"/>, and if it
    /// was not read whole.</summary>
    public string? SourceSha256 { get; init; }

    /// <summary>One entry per destination, in the order of the job. Empty for a prepared callback.</summary>
    public IReadOnlyList<DestinationResult> Destinations
    {
        get => _destinations ?? Whole();
        init => _destinations = WireList.Of(value);      // null: all are whole
    }

    /// <summary>Fills in a result that was allocated ahead, before anybody has seen it.</summary>
    internal CopyResult Complete(bool readError, ulong writeErrors)
    {
        _readError = readError;
        _writeErrors = writeErrors;
        return this;
    }

    /// <summary>What of it goes to another node: a frame has its bounds, and one that exceeds them never arrives.</summary>
    internal CopyResult ForWire()
    {
        var left = MostRangesOnWire;
        var omitted = 0;
        List<T> Take<T>(IReadOnlyList<T> ranges)
        {
            var taken = ranges.Take(left).ToList();
            left -= taken.Count;
            omitted += ranges.Count - taken.Count;
            return taken;
        }
        if (Unreadable.Count + (_destinations?.Sum(static destination => destination.Differences.Count) ?? 0) <= left)
            return this;
        var unreadable = Take(Unreadable);
        var destinations = Destinations.Select(destination => destination with { Differences = Take(destination.Differences) }).ToList();
        return this with { Unreadable = unreadable, Destinations = destinations, OmittedRanges = omitted };
    }

    // A job without faults keeps no list: it is made when somebody asks for it.
    private DestinationResult[] Whole()
    {
        var whole = new DestinationResult[DestinationCount];
        Array.Fill(whole, new DestinationResult(Length, null, null));
        return whole;
    }

    /// <inheritdoc/>
    public override string ToString() =>
        Refusal is not null ? $"refused: {Refusal}" : $"job {JobId}: {(IsCancelled ? "cancelled, " : "")}read_err={(ReadError ? 1 : 0)} write_err=0x{WriteErrors:x} ({Length} bytes)";
}

/// <summary>How one destination ended.</summary>
/// <param name="Bytes">Bytes that were written to it; of <see cref="CopyFlags.CompareOnly"/>, that were compared.</param>
/// <param name="Fault">Its first error; null if it is whole.</param>
/// <param name="Sha256">SHA-256 (lower-case hex) of its region as it was read back; null without <see cref="CopyFlags.VerifyHash"/>, and if it was not read
/// back whole.</param>
public readonly record struct DestinationResult(long Bytes, IoFault? Fault, string? Sha256)
{
    private readonly IReadOnlyList<DifferentRange>? _differences;

    /// <summary>Bytes among <see cref="Bytes"/> that were as they should be and were not written, see <see cref="CopyFlags.OnlyDifferent"/>.</summary>
    public long Unchanged { get; init; }

    /// <summary>Where it differs from the source, see <see cref="CopyFlags.CompareOnly"/>: whole 512-byte sectors, in order, merged.</summary>
    public IReadOnlyList<DifferentRange> Differences
    {
        get => _differences ?? [];
        init => _differences = value is { Count: > 0 } ? WireList.Of(value) : null;
    }
}

/// <summary>A range in which a destination differs from the source.</summary>
/// <param name="Offset">Bytes, from the start of the source device.</param>
/// <param name="Length">Bytes.</param>
public readonly record struct DifferentRange(long Offset, long Length);

/// <summary>A range of the source that could not be read.</summary>
/// <param name="Offset">Bytes, from the start of the source device.</param>
/// <param name="Length">Bytes.</param>
public readonly record struct UnreadableRange(long Offset, long Length);
