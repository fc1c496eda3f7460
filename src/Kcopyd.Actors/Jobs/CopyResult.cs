using Kcopyd.Actors.Messaging;

namespace Kcopyd.Actors;

/// <summary>
/// The result of a job: the arguments of <c>dm_kcopyd_notify_fn</c> (read error, a bit per destination, the caller's context) and further details. A job's
/// <c>notify</c> actor receives it as a message; it can be sent to another node if its context can.
/// </summary>
public sealed record CopyResult
{
    private const int MaxRangesOnWire = 400;       // about 40 KiB of the 128 KiB of an Akka.Remote frame

    private readonly IReadOnlyList<DestinationResult>? _destinations;
    private readonly string? _contextType;
    private bool _readError;
    private ulong _writeErrors;

    /// <summary>The job's number, unique within its client; 0 for a prepared callback.</summary>
    public long JobId { get; init; }

    /// <summary>True if any part of the source could not be read.</summary>
    public bool ReadError { get => _readError; init => _readError = value; }

    /// <summary>Bit <c>i</c> is set if destination <c>i</c> (0 to 63) failed; every bit is set if the job was cancelled.</summary>
    public ulong WriteErrors { get => _writeErrors; init => _writeErrors = value; }

    /// <summary>The caller's context object of the job.</summary>
    public object? Context { get => WireContext.Restore(field, _contextType); init; }

    /// <summary>The context's type, which is sent along with it to another node.</summary>
    public string? ContextType { get => _contextType ?? WireContext.TypeOf(Context); init => _contextType = value; }

    /// <summary>Why a request of the actor protocol was refused: nothing was read or written, and every bit is set. Null for a job that was admitted.</summary>
    public string? Refusal { get; init; }

    /// <summary>True if the job was cancelled before it was complete.</summary>
    public bool IsCancelled { get; init; }

    /// <summary>True if nothing failed and nothing was cancelled or refused.</summary>
    public bool IsSuccess => !ReadError && WriteErrors == 0 && !IsCancelled && Refusal is null;

    /// <summary>Bytes to write to each destination.</summary>
    public long Length { get; init; }

    /// <summary>Number of destinations.</summary>
    public int DestinationCount { get; init; }

    /// <summary>The first read error (code, source sector); null if there was none.</summary>
    public IoFault? ReadFault { get; init; }

    /// <summary>The ranges that could not be read, in order, merged; with <see cref="CopyFlags.IgnoreError"/> they were written as zeroes.</summary>
    public IReadOnlyList<UnreadableRange> Unreadable { get; init => field = WireList.Of(value); } = [];

    /// <summary>Number of ranges of <see cref="Unreadable"/> and <see cref="DestinationResult.Differences"/> that were left out because the result was sent to
    /// another node.</summary>
    public int OmittedRanges { get; init; }

    /// <summary>How many of the bytes written, summed over all destinations, were not read and written but cloned, turned into holes or zeroed by the
    /// devices.</summary>
    public OffloadedBytes Offloaded { get; init; }

    /// <summary>SHA-256 (lower-case hex) of the source region as it was read for the verification; null without <see cref="CopyFlags.VerifyHash"/>, and if it
    /// was not read completely.</summary>
    public string? SourceSha256 { get; init; }

    /// <summary>One entry per destination, in the order of the job. Empty for a prepared callback.</summary>
    public IReadOnlyList<DestinationResult> Destinations
    {
        get => _destinations ?? AllComplete();
        init => _destinations = WireList.Of(value);      // null: all are complete
    }

    /// <summary>Fills in a result that was allocated ahead, before it is published.</summary>
    internal CopyResult Complete(bool readError, ulong writeErrors)
    {
        _readError = readError;
        _writeErrors = writeErrors;
        return this;
    }

    /// <summary>The result as sent to another node: the size of a frame is limited, and a larger one never arrives.</summary>
    internal CopyResult ForWire()
    {
        var left = MaxRangesOnWire;
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

    // A job without faults keeps no list; it is created on demand.
    private DestinationResult[] AllComplete()
    {
        var destinations = new DestinationResult[DestinationCount];
        Array.Fill(destinations, new DestinationResult(Length, null, null));
        return destinations;
    }

    /// <inheritdoc/>
    public override string ToString() =>
        Refusal is not null
            ? $"refused: {Refusal}"
            : $"job {JobId}: {(IsCancelled ? "cancelled, " : "")}read_err={(ReadError ? 1 : 0)} write_err=0x{WriteErrors:x} ({Length} bytes)";
}

/// <summary>The result of one destination.</summary>
/// <param name="Bytes">Bytes written; with <see cref="CopyFlags.CompareOnly"/>, bytes compared.</param>
/// <param name="Fault">Its first error; null if there was none.</param>
/// <param name="Sha256">SHA-256 (lower-case hex) of its region as it was read back; null without <see cref="CopyFlags.VerifyHash"/>, and if it was not read
/// back completely.</param>
public readonly record struct DestinationResult(long Bytes, IoFault? Fault, string? Sha256)
{
    private readonly IReadOnlyList<DifferentRange>? _differences;

    /// <summary>The part of <see cref="Bytes"/> that already matched the source and was not written, see <see cref="CopyFlags.OnlyDifferent"/>.</summary>
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
