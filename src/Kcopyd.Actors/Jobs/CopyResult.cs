using Kcopyd.Actors.Devices;

namespace Kcopyd.Actors.Jobs;

/// <summary>
/// How a job ended: what <c>dm_kcopyd_notify_fn</c> tells (an error of the read, a bit per destination, the caller's context),
/// and the detail beside it. This is also the message that a job's <c>notify</c> actor receives.
/// </summary>
public sealed class CopyResult
{
    private readonly DestinationResult[]? _destinations;
    private readonly int _destinationCount;

    internal CopyResult(long jobId, bool readError, ulong writeErrors, object? context, bool cancelled, long length,
        int destinationCount, DestinationResult[]? destinations, IoFault? readFault, UnreadableRange[]? unreadable, byte[]? sourceHash)
    {
        JobId = jobId;
        ReadError = readError;
        WriteErrors = writeErrors;
        Context = context;
        IsCancelled = cancelled;
        Length = length;
        _destinationCount = destinationCount;
        _destinations = destinations;
        ReadFault = readFault;
        Unreadable = unreadable ?? [];
        SourceHash = sourceHash ?? ReadOnlyMemory<byte>.Empty;
    }

    /// <summary>The job's number, unique within its client; 0 for a prepared callback.</summary>
    public long JobId { get; }

    /// <summary>True if any part of the source could not be read.</summary>
    public bool ReadError { get; }

    /// <summary>Bit <c>i</c> is set if destination <c>i</c> (of 0 to 63) failed, or was not whole when the job was cancelled.</summary>
    public ulong WriteErrors { get; }

    /// <summary>What the caller gave with the job.</summary>
    public object? Context { get; }

    /// <summary>True if the job was cancelled before it was whole.</summary>
    public bool IsCancelled { get; }

    /// <summary>True if nothing failed and nothing was cancelled.</summary>
    public bool IsSuccess => !ReadError && WriteErrors == 0 && !IsCancelled;

    /// <summary>Bytes that the job was to copy to each destination.</summary>
    public long Length { get; }

    /// <summary>The first read error (code, source sector); null if there was none.</summary>
    public IoFault? ReadFault { get; }

    /// <summary>The ranges that could not be read, in order, merged: written as zeroes with <see cref="CopyFlags.IgnoreError"/>. Bytes, from the start of the source device.</summary>
    public IReadOnlyList<UnreadableRange> Unreadable { get; }

    /// <summary>SHA-256 of the source region as it was read for the verification; empty without <see cref="CopyFlags.VerifyHash"/>.</summary>
    public ReadOnlyMemory<byte> SourceHash { get; }

    /// <summary>One entry per destination, in the order of the job. Empty for a prepared callback.</summary>
    public IReadOnlyList<DestinationResult> Destinations
    {
        get
        {
            if (_destinations is not null)
                return _destinations;
            var whole = new DestinationResult[_destinationCount];   // a job without faults keeps no list: it is made when asked for
            Array.Fill(whole, new DestinationResult(Length, null, ReadOnlyMemory<byte>.Empty));
            return whole;
        }
    }

    /// <inheritdoc/>
    public override string ToString() =>
        $"job {JobId}: {(IsCancelled ? "cancelled, " : "")}read_err={(ReadError ? 1 : 0)} write_err=0x{WriteErrors:x} ({Length} bytes)";
}

/// <summary>How one destination ended.</summary>
/// <param name="Bytes">Bytes that were written to it.</param>
/// <param name="Fault">Its first error; null if it is whole.</param>
/// <param name="Hash">SHA-256 of its region as read back; empty without <see cref="CopyFlags.VerifyHash"/>.</param>
public readonly record struct DestinationResult(long Bytes, IoFault? Fault, ReadOnlyMemory<byte> Hash);

/// <summary>An error and where it was.</summary>
/// <param name="Error">What failed.</param>
/// <param name="Sector">First failing 512-byte sector on that device; -1 where the error has no place (a flush).</param>
/// <param name="Message">The same for people: names the device, the place and the cause.</param>
public sealed record IoFault(IoError Error, long Sector, string Message);

/// <summary>A range of the source that could not be read.</summary>
/// <param name="Offset">Bytes, from the start of the source device.</param>
/// <param name="Length">Bytes.</param>
public readonly record struct UnreadableRange(long Offset, long Length);
