namespace Kcopyd.Actors.Tests.Simulation;

/// <summary>
/// A device whose I/Os complete when the pump says so: at once or later, in any order, short, failed, by throwing, or not before
/// <see cref="Release"/>. It moves the bytes when the I/O completes and not before, and owns the memory until then.
/// </summary>
internal sealed class SimulatedDevice(string name, byte[] content, int block, FaultPlan faults, SeededPump pump, IoLog log, MemoryWatch memory) : IBlockDevice
{
    private readonly List<SimulatedIo> _stalled = [];
    private int _transfers;
    private int _writes;

    public string Name => name;

    public long Length => content.Length;

    public int LogicalBlockSize => block;

    public int Alignment => 1;

    public bool IsReadOnly => false;

    public DeviceFeatures Features => (faults.KnowsZeroes ? DeviceFeatures.WriteZeroes : DeviceFeatures.None)
        | (faults.KnowsHoles ? DeviceFeatures.Map : DeviceFeatures.None)
        | (faults.Clones != OffloadKinds.None ? DeviceFeatures.Clone : DeviceFeatures.None);

    public FaultPlan Faults => faults;

    /// <summary>What is on the medium now.</summary>
    public byte[] Content => content;

    /// <summary>What was on it before the first I/O.</summary>
    public byte[] Original { get; } = (byte[])content.Clone();

    /// <summary>Sectors that hold what nobody wrote.</summary>
    public HashSet<long> Garbled { get; } = [];

    public bool IsStalling { get; set; } = true;

    public ValueTask<IoResult> ReadAsync(long offset, Memory<byte> buffer) => Issue(IoKind.Read, offset, buffer.Length, buffer);

    public ValueTask<ExtentResult> MapAsync(long offset, long length) => new(Start(IoKind.Map, offset, (int)length, default), 0);

    public OffloadKinds CloneKinds(IBlockDevice source) => faults.Clones;

    public ValueTask<IoResult> CloneFromAsync(IBlockDevice source, long sourceOffset, long offset, long length, OffloadKinds kind) =>
        new(Start(IoKind.Clone, offset, (int)length, default, ((SimulatedDevice)source, sourceOffset), kind), 0);

    public ValueTask<IoResult> WriteAsync(long offset, ReadOnlyMemory<byte> buffer) =>
        Issue(IoKind.Write, offset, buffer.Length, System.Runtime.InteropServices.MemoryMarshal.AsMemory(buffer));

    public ValueTask<IoResult> WriteZeroesAsync(long offset, long length) => Issue(IoKind.Zero, offset, (int)length, default);

    public ValueTask<IoResult> FlushAsync() => Issue(IoKind.Flush, 0, 0, default);

    /// <summary>Lets everything go that hangs, and nothing hangs again.</summary>
    public void Release()
    {
        IsStalling = false;
        foreach (var io in _stalled)
            pump.Add(io);
        _stalled.Clear();
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private ValueTask<IoResult> Issue(IoKind kind, long offset, int length, Memory<byte> buffer) => new(Start(kind, offset, length, buffer), 0);

    private SimulatedIo Start(IoKind kind, long offset, int length, Memory<byte> buffer, (SimulatedDevice, long) source = default,
        OffloadKinds way = OffloadKinds.None)
    {
        var entry = new IoEntry(pump.Steps, this, kind, offset, length) { Way = way };
        log.Issued(entry);
        pump.Note(offset + length);
        var use = buffer.IsEmpty ? null : memory.Begin(entry, buffer, fills: kind == IoKind.Read);
        var number = kind == IoKind.Flush ? 0 : ++_transfers;
        var io = new SimulatedIo(entry, buffer, pump)
        {
            Fails = number > 0 && number == faults.FailsAt,
            Crashes = number > 0 && number == faults.CrashesAt || kind == IoKind.Clone && faults.CloneCrashes,
            Perform = Perform,
            Source = source,
            LetGo = use is null ? null : () => memory.End(use),
        };
        if (io.Crashes && faults.CrashesAtOnce)
        {
            entry.Complete(pump.Steps, new IoResult(0, IoError.WorkerCrashed));
            pump.Add(io);   // what it was given it still uses
            throw new IOException($"{name} has vanished.");
        }
        if (IsStalling && pump.Random.NextDouble() < faults.StallRate)
            _stalled.Add(io);
        else if (pump.Random.NextDouble() < faults.AtOnceRate)
            io.Run();
        else
            pump.Add(io);
        return io;
    }

    private IoResult Perform(SimulatedIo io)
    {
        var entry = io.Entry;
        var (bytes, error) = Fate(io);
        if (entry.Kind == IoKind.Map)
        {
            io.Extent = error == IoError.None ? ExtentAt((int)entry.Offset, entry.Length) : ExtentResult.Failure(error);
            return new IoResult(io.Extent.IsZero ? io.Extent.Length : 0, error);
        }
        var medium = content.AsSpan((int)entry.Offset, bytes);
        switch (entry.Kind)
        {
            case IoKind.Read:
                medium.CopyTo(io.Buffer.Span);
                break;
            case IoKind.Write:
                io.Buffer.Span[..bytes].CopyTo(medium);
                break;
            case IoKind.Zero:
                medium.Clear();
                break;
            case IoKind.Clone:
                io.Source.Device.Content.AsSpan((int)io.Source.Offset, bytes).CopyTo(medium);
                break;
        }
        if (entry.Changes && bytes > 0 && ++_writes == faults.GarblesAt)
        {
            Garbled.Add(entry.Offset >> IoRegion.SectorShift);
            medium[0] ^= 0x55;
        }
        return new IoResult(bytes, error);
    }

    private (int Bytes, IoError Error) Fate(SimulatedIo io)
    {
        var entry = io.Entry;
        if (entry.Kind == IoKind.Flush)
            return (0, faults.FlushFails ? IoError.Io : IoError.None);
        if (io.Crashes)
            return (0, IoError.WorkerCrashed);
        if (entry.Kind == IoKind.Zero && faults.RefusesZeroes)
            return (0, IoError.NotSupported);
        if (entry.Kind == IoKind.Map)
            return (0, io.Fails ? IoError.Io : IoError.None);
        if (entry.Kind == IoKind.Clone && pump.Random.NextDouble() < faults.CloneRefusalRate)
            return (0, pump.Random.Next(2) == 0 ? IoError.NotSupported : IoError.None);
        var whole = (int)Math.Clamp(content.Length - entry.Offset, 0, entry.Length);
        if (io.Fails)
            return (SomeSectorsOf(whole), IoError.Io);
        var good = whole;
        // Who copies reads, also if that is a server; who shares does not.
        var bad = entry.Kind == IoKind.Read ? faults.BadReads
            : entry.Way is OffloadKinds.ServerCopy or OffloadKinds.KernelCopy
                ? [.. faults.BadWrites, .. io.Source.Device.Faults.BadReads.Select(range => (range.Offset - io.Source.Offset + entry.Offset, range.Length))]
            : faults.BadWrites;
        foreach (var (offset, length) in bad)
        {
            if (offset < entry.Offset + whole && entry.Offset < offset + length)
                good = (int)Math.Min(good, Math.Max(0, offset - entry.Offset));
        }
        if (good < whole)
            return (pump.Random.Next(2) == 0 ? 0 : good, entry.Kind == IoKind.Read ? IoError.Io : faults.BadWriteError);
        return pump.Random.NextDouble() < faults.ShortRate && SomeSectorsOf(whole) is var part and > 0 ? (part, IoError.None) : (whole, IoError.None);
    }

    // By sectors. What is zero and no hole is told to be one, too: that is no lie.
    private ExtentResult ExtentAt(int offset, int length)
    {
        bool IsZero(int at) => !content.AsSpan(at, Math.Min(IoRegion.SectorSize - at % IoRegion.SectorSize, offset + length - at)).ContainsAnyExcept((byte)0);
        var isZero = IsZero(offset);
        var end = offset;
        do end += Math.Min(IoRegion.SectorSize - end % IoRegion.SectorSize, offset + length - end);
        while (end < offset + length && IsZero(end) == isZero && pump.Random.NextDouble() >= faults.ShortRate);
        return new ExtentResult(end - offset, isZero, IoError.None);
    }

    // Fewer than all.
    private int SomeSectorsOf(int bytes) => pump.Random.Next(Math.Max(1, (bytes + IoRegion.SectorSize - 1) / IoRegion.SectorSize)) * IoRegion.SectorSize;
}
