namespace Kcopyd.Actors.TestKit.Disks;

/// <summary>
/// A write, discard or flush in a <see cref="WriteLog"/>, with the times at which it was issued, completed and became durable. Times are numbers of the log's
/// clock, <see cref="WriteLog.Now"/>. An I/O changes until it is durable; read it from other threads when the recorded program has ended.
/// </summary>
public sealed class LoggedIo
{
    /// <summary>The time of what has not happened.</summary>
    public const long Never = long.MaxValue;

    private readonly byte[]? _data;

    internal LoggedIo(LoggedDisk disk, int number, DiskIoKind kind, long offset, long length, byte[]? data, long issued, long skipped)
    {
        (Disk, Number, Kind, Offset, Length, Issued, Skipped) = (disk, number, kind, offset, length, issued, skipped);
        _data = data;
    }

    /// <summary>The disk.</summary>
    public LoggedDisk Disk { get; }

    /// <summary>The number of the I/O in its log, from 1, in the order of issue.</summary>
    public int Number { get; }

    /// <summary>What it does.</summary>
    public DiskIoKind Kind { get; }

    /// <summary>First byte; 0 for a flush. A discard begins at the first block that is entirely in its range.</summary>
    public long Offset { get; }

    /// <summary>Bytes requested that are on the disk; 0 for a flush.</summary>
    public long Length { get; }

    /// <summary>The bytes to write; empty for zeroes, discards and flushes.</summary>
    public ReadOnlyMemory<byte> Data => _data;

    /// <summary>When it was issued.</summary>
    public long Issued { get; }

    /// <summary>When it completed, with success or not; <see cref="Never"/> while it is in flight.</summary>
    public long Completed { get; internal set; } = Never;

    /// <summary>From when on a power cut cannot lose it: a flush issued after it had completed has succeeded. <see cref="Never"/> if there was
    /// none.</summary>
    public long Durable { get; internal set; } = Never;

    /// <summary>When a flush failed that should have made it durable. From then on it may be lost, whatever later flushes report.
    /// <see cref="Never"/> if none failed.</summary>
    public long Doomed { get; internal set; } = Never;

    /// <summary>How it completed; meaningless until then.</summary>
    public IoResult Result { get; internal set; }

    /// <summary>True if it has completed with an error.</summary>
    public bool HasFailed => Completed != Never && !Result.IsSuccess;

    /// <summary>Bytes that may have changed on the disk: fewer than <see cref="Length"/> if the transfer was short, none if the disk refused it.</summary>
    public long Reach => Completed == Never ? Length
        : Result.IsSuccess ? Math.Clamp(Result.Bytes - Skipped, 0, Length)
        : Result.Bytes == 0 && Result.Error is IoError.NotSupported or IoError.ReadOnly or IoError.Invalid or IoError.NotPermitted ? 0
        : Length;

    /// <summary>Bytes of the request before <see cref="Offset"/>: a part of a block that a discard keeps.</summary>
    internal long Skipped { get; }

    /// <summary>Describes the I/O: <c>#7 disk: write 4096+512, issued at 12, completed at 13, not durable</c>.</summary>
    public override string ToString()
    {
        var range = Kind == DiskIoKind.Flush ? "" : $" {Offset}+{Length}";
        var end = Completed == Never ? "in flight" : HasFailed ? $"failed at {Completed} ({Result.Error})" : $"completed at {Completed}";
        var durable = Kind == DiskIoKind.Flush || Completed == Never ? "" : Durable == Never ? ", not durable" : $", durable at {Durable}";
        var doomed = Doomed == Never ? "" : $", may be lost since the flush that failed at {Doomed}";
        return $"#{Number} {Disk.Name}: {Name(Kind)}{range}, issued at {Issued}, {end}{durable}{doomed}";
    }

    internal static string Name(DiskIoKind kind) => kind switch
    {
        DiskIoKind.WriteThrough => "forced write",
        DiskIoKind.WriteZeroes => "zeroes",
        _ => kind.ToString().ToLowerInvariant(),
    };
}
