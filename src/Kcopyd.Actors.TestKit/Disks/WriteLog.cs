namespace Kcopyd.Actors.TestKit.Disks;

/// <summary>
/// Everything that changed the disks of one run, on one clock: the input of <see cref="PowerCuts"/>. A <see cref="RecordingDevice"/> fills it, or, for
/// simulated disks, an <see cref="IDiskObserver"/> that calls <see cref="Issue(LoggedDisk, DiskIoKind, long, ReadOnlySpan{byte})"/> and
/// <see cref="Complete(LoggedIo, IoResult)"/>. Any thread may call any member.
/// </summary>
/// <remarks>
/// <para>A disk carries out its I/Os in the order in which they complete. If two writes to the same bytes are in flight together, the one that completes last
/// is therefore the one that stays.</para>
/// <para>A flush makes durable what had completed before it was issued. A failed flush makes nothing durable and, as on Linux, where the kernel may drop the
/// data and reports the error once, everything that was acknowledged and not yet durable stays in doubt, even after later flushes succeed, until a durable
/// write replaces it. A failed write may have reached the medium in part. A short write has changed nothing after its end.</para>
/// </remarks>
public sealed class WriteLog
{
    private readonly Lock _gate = new();
    private readonly List<LoggedDisk> _disks = [];
    private readonly List<LoggedIo> _ios = [];
    private long _now;

    /// <summary>The time: the number of events so far.</summary>
    public long Now => Volatile.Read(ref _now);

    /// <summary>The disks, in the order in which they were added: a copy.</summary>
    public IReadOnlyList<LoggedDisk> Disks
    {
        get
        {
            lock (_gate)
                return [.. _disks];
        }
    }

    /// <summary>The I/Os, in the order in which they were issued: a copy.</summary>
    public IReadOnlyList<LoggedIo> Ios
    {
        get
        {
            lock (_gate)
                return [.. _ios];
        }
    }

    /// <summary>Advances the clock for an event outside the disks, such as the acknowledgment of a transaction, so that it can be compared with the times of
    /// I/Os and power cuts: a power cut with <see cref="PowerCut.Time"/> at or after the returned time happens after the event.</summary>
    /// <returns>The time of the event.</returns>
    public long Tick()
    {
        lock (_gate)
            return ++_now;
    }

    /// <summary>Adds a disk that contains zeroes.</summary>
    /// <param name="name">A name for messages. A number is appended if a disk of the log already has it.</param>
    /// <param name="length">Bytes.</param>
    /// <param name="blockSize">Bytes of a logical block: a power of two.</param>
    /// <exception cref="ArgumentOutOfRangeException">The length is negative, or the block size is not a power of two.</exception>
    public LoggedDisk AddDisk(string name, long length, int blockSize = IoRegion.SectorSize)
    {
        var disk = Add(name, length, blockSize);
        disk.Captured();
        return disk;
    }

    /// <summary>Adds a disk with content, which is copied.</summary>
    /// <inheritdoc cref="AddDisk(string, long, int)"/>
    /// <param name="name">A name for messages. A number is appended if a disk of the log already has it.</param>
    /// <param name="original">What the disk contains before the first I/O; its length is the disk's.</param>
    /// <param name="blockSize">Bytes of a logical block: a power of two.</param>
    public LoggedDisk AddDisk(string name, ReadOnlySpan<byte> original, int blockSize = IoRegion.SectorSize)
    {
        var disk = Add(name, original.Length, blockSize);
        disk.Original.Write(0, original);
        disk.Captured();
        return disk;
    }

    /// <summary>Records that an I/O with data was issued. The data is copied; bytes after the end of the disk are ignored.</summary>
    /// <param name="disk">The disk, which belongs to this log.</param>
    /// <param name="kind"><see cref="DiskIoKind.Write"/>, <see cref="DiskIoKind.WriteThrough"/> or <see cref="DiskIoKind.Clone"/>.</param>
    /// <param name="offset">Byte offset.</param>
    /// <param name="data">The bytes.</param>
    /// <exception cref="ArgumentException">The disk belongs to another log, or the kind has no data.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The offset is negative or after the end of the disk.</exception>
    public LoggedIo Issue(LoggedDisk disk, DiskIoKind kind, long offset, ReadOnlySpan<byte> data)
    {
        CheckPlace(disk, offset);
        if (kind is not (DiskIoKind.Write or DiskIoKind.WriteThrough or DiskIoKind.Clone))
            throw Refused(kind, "has no data: call Issue with a length, or IssueFlush");
        var copy = data[..(int)Math.Min(data.Length, disk.Length - offset)].ToArray();
        return Add(disk, kind, offset, copy.Length, copy);
    }

    /// <summary>Records that an I/O without data was issued. Bytes after the end of the disk are ignored, and so are the logical blocks that are only partly
    /// in the range of a discard.</summary>
    /// <param name="disk">The disk, which belongs to this log.</param>
    /// <param name="kind"><see cref="DiskIoKind.WriteZeroes"/>, <see cref="DiskIoKind.Punch"/> or <see cref="DiskIoKind.Discard"/>.</param>
    /// <param name="offset">Byte offset.</param>
    /// <param name="length">Bytes.</param>
    /// <exception cref="ArgumentException">The disk belongs to another log, or the kind needs data.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The length is negative, or the offset is negative or after the end of the disk.</exception>
    public LoggedIo Issue(LoggedDisk disk, DiskIoKind kind, long offset, long length)
    {
        CheckPlace(disk, offset);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        if (kind is not (DiskIoKind.WriteZeroes or DiskIoKind.Punch or DiskIoKind.Discard))
            throw Refused(kind, "is not described by a length: call Issue with its data, or IssueFlush");
        var (requested, end) = (offset, offset + Math.Min(length, disk.Length - offset));
        if (kind == DiskIoKind.Discard)
        {
            offset = (offset + disk.BlockSize - 1) / disk.BlockSize * disk.BlockSize;
            end = end == disk.Length ? end : end / disk.BlockSize * disk.BlockSize;
        }
        return Add(disk, kind, offset, Math.Max(0, end - offset), null, offset - requested);
    }

    /// <summary>Records that a flush was issued.</summary>
    /// <param name="disk">The disk, which belongs to this log.</param>
    /// <exception cref="ArgumentException">The disk belongs to another log.</exception>
    public LoggedIo IssueFlush(LoggedDisk disk)
    {
        CheckPlace(disk, 0);
        return Add(disk, DiskIoKind.Flush, 0, 0, null);
    }

    /// <summary>Records that an I/O has completed, with success and in full.</summary>
    /// <param name="io">The I/O.</param>
    /// <exception cref="InvalidOperationException">It has completed before.</exception>
    public void Complete(LoggedIo io)
    {
        ArgumentNullException.ThrowIfNull(io);
        Complete(io, IoResult.Success(io.Skipped + io.Length));
    }

    /// <summary>Records that an I/O has failed: the disk has vanished, for example. A write may have reached the medium in part.</summary>
    /// <param name="io">The I/O.</param>
    /// <param name="error">Why.</param>
    /// <exception cref="InvalidOperationException">It has completed before.</exception>
    public void Fail(LoggedIo io, IoError error = IoError.Io) => Complete(io, IoResult.Failure(error));

    /// <summary>Records how an I/O has completed.</summary>
    /// <param name="io">The I/O.</param>
    /// <param name="result">What the disk answered.</param>
    /// <exception cref="ArgumentException">The I/O belongs to another log.</exception>
    /// <exception cref="InvalidOperationException">It has completed before.</exception>
    public void Complete(LoggedIo io, IoResult result)
    {
        ArgumentNullException.ThrowIfNull(io);
        if (io.Disk.Log != this)
            throw new ArgumentException($"The I/O {io} belongs to another log.", nameof(io));
        lock (_gate)
        {
            if (io.Completed != LoggedIo.Never)
                throw new InvalidOperationException($"The I/O {io} has already completed: complete each I/O once.");
            var now = ++_now;
            (io.Completed, io.Result) = (now, result);
            if (io.Kind == DiskIoKind.Flush)
                Flushed(io);
            else if (result.IsSuccess && io.Kind == DiskIoKind.WriteThrough)
                io.Durable = now;
            else if (result.IsSuccess)
                io.Disk.Unflushed.Add(io);
        }
    }

    internal LoggedDisk Add(string name, long length, int blockSize)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        if (!int.IsPow2(blockSize))
            throw new ArgumentOutOfRangeException(nameof(blockSize), blockSize, $"The logical block of {name} must be a power of two.");
        lock (_gate)
        {
            var unique = name;
            for (var i = 2; _disks.Exists(disk => disk.Name == unique); i++)
                unique = $"{name}-{i}";
            var added = new LoggedDisk(this, _disks.Count, unique, length, blockSize);
            _disks.Add(added);
            return added;
        }
    }

    /// <summary>A consistent copy of the log, although I/Os may still be running.</summary>
    internal LogSnapshot Snapshot()
    {
        lock (_gate)
            return LogSnapshot.Of(_now, _disks, _ios);
    }

    private static void Flushed(LoggedIo flush)
    {
        var unflushed = flush.Disk.Unflushed;
        if (!flush.Result.IsSuccess)
        {
            foreach (var write in unflushed)
                write.Doomed = flush.Completed;
            unflushed.Clear();
            return;
        }
        unflushed.RemoveAll(write =>
        {
            var isCovered = write.Completed < flush.Issued;
            if (isCovered)
                write.Durable = flush.Completed;
            return isCovered;
        });
    }

    private LoggedIo Add(LoggedDisk disk, DiskIoKind kind, long offset, long length, byte[]? data, long skipped = 0)
    {
        lock (_gate)
        {
            var io = new LoggedIo(disk, _ios.Count + 1, kind, offset, length, data, ++_now, skipped);
            _ios.Add(io);
            return io;
        }
    }

    private static ArgumentException Refused(DiskIoKind kind, string why) => new(
        $"A {LoggedIo.Name(kind)} {(kind is DiskIoKind.Read or DiskIoKind.Map ? "changes nothing: record only what does, and flushes" : why)}.", nameof(kind));

    private void CheckPlace(LoggedDisk disk, long offset)
    {
        ArgumentNullException.ThrowIfNull(disk);
        if (disk.Log != this)
            throw new ArgumentException($"The disk {disk.Name} belongs to another log: add it to this one.", nameof(disk));
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset, disk.Length);
    }
}
