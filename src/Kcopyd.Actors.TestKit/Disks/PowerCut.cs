namespace Kcopyd.Actors.TestKit.Disks;

/// <summary>
/// A state in which a power cut can leave the disks of a <see cref="WriteLog"/>. Valid until the enumeration that yielded it continues. Not thread-safe.
/// </summary>
public sealed class PowerCut
{
    /// <summary>An id is the time, multiplied by this, plus the number of the outcome at that time.</summary>
    internal const long OutcomesOfTime = 1_000_000;

    private readonly CutRun _run;
    private readonly int _outcome;
    private bool _isOver;

    internal PowerCut(CutRun run, int outcome) => (_run, _outcome, Time) = (run, outcome, run.Time);

    /// <summary>When the power failed, on the log's clock: all events up to this time have happened, and none after.</summary>
    public long Time { get; }

    /// <summary>Identifies the cut for <see cref="PowerCuts.Single"/> with the same log and options.</summary>
    public long Id => Time * OutcomesOfTime + _outcome;

    /// <summary>What a power cut did to each write that was not durable, for a person.</summary>
    public string Description => CutStory.Tell(Run);

    private CutRun Run => !_isOver ? _run : throw new InvalidOperationException(
        $"The power cut {Id} is not valid anymore, since the enumeration has continued: use it before, open its disks, or call PowerCuts.Single with its id.");

    /// <summary>The content of a disk, without a copy.</summary>
    /// <param name="disk">The disk.</param>
    /// <exception cref="ArgumentException">The disk belongs to another log, or was added after the enumeration had begun.</exception>
    /// <exception cref="InvalidOperationException">The enumeration has continued, or the disk has more than 64 MiB: use <see cref="Read"/>.</exception>
    public ReadOnlySpan<byte> Bytes(LoggedDisk disk)
    {
        var image = Image(disk);
        return image.Whole ?? throw new InvalidOperationException(
            $"The disk {disk.Name} is too large ({image.Length} bytes) to show all of its bytes without a copy: call Read or Open.");
    }

    /// <summary>Reads a part of a disk of any size.</summary>
    /// <param name="disk">The disk.</param>
    /// <param name="offset">Byte offset.</param>
    /// <param name="into">Receives the bytes.</param>
    /// <exception cref="ArgumentException">The disk belongs to another log, or was added after the enumeration had begun.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The range reaches past the end of the disk.</exception>
    /// <exception cref="InvalidOperationException">The enumeration has continued.</exception>
    public void Read(LoggedDisk disk, long offset, Span<byte> into)
    {
        var image = Image(disk);
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        if (into.Length > image.Length - offset)
        {
            throw new ArgumentOutOfRangeException(
                nameof(offset), offset, $"The range {offset}+{into.Length} reaches past the end of {disk.Name} ({image.Length} bytes).");
        }
        image.Read(offset, into);
    }

    /// <summary>Copies a disk, so that the code under test can recover from it and write to it. The copy stays valid.</summary>
    /// <param name="disk">The disk.</param>
    /// <exception cref="ArgumentException">The disk belongs to another log, or was added after the enumeration had begun.</exception>
    /// <exception cref="InvalidOperationException">The enumeration has continued, or the disk is too large for memory: use <see cref="Read"/>.</exception>
    public MemoryBlockDevice Open(LoggedDisk disk)
    {
        var image = Image(disk);
        if (image.Length > Array.MaxLength)
            throw new InvalidOperationException($"The disk {disk.Name} ({image.Length} bytes) is too large to be copied to memory: call Read.");
        var device = new MemoryBlockDevice(image.Length, Math.Max(IoRegion.SectorSize, disk.BlockSize), name: $"{disk.Name} after power cut {Id}");
        image.CopyTo(device.Bytes);
        return device;
    }

    /// <summary>Names the cut, describes it, and says how to replay it: the message of a failed test.</summary>
    public override string ToString() => _isOver ? $"power cut {Id}"
        : $"power cut {Id} at time {Time} (replay: PowerCuts.Single(log, {Id}) with the same options)\n{Description}";

    internal void End() => _isOver = true;

    private SparseBytes Image(LoggedDisk disk)
    {
        ArgumentNullException.ThrowIfNull(disk);
        foreach (var replay in Run.Disks)
        {
            if (replay.Disk == disk)
                return replay.Image;
        }
        throw new ArgumentException($"The power cut does not know the disk {disk.Name}: it belongs to another log or was added later.", nameof(disk));
    }
}
