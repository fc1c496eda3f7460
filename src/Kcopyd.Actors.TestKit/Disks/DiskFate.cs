using Kcopyd.Actors.Devices;
using Kcopyd.Actors.Faults;
using Kcopyd.Actors.TestKit.Scheduling;

namespace Kcopyd.Actors.TestKit.Disks;

/// <summary>Decides how far an I/O comes, and with which error.</summary>
internal sealed class DiskFate(SimulatedDisk disk, Random random)
{
    private static readonly string[] Names =
    [
        "hangs", "transfers less", "maps less", "refuses a clone", "fails a flush", "loses a write", "tears a write", "misdirects a write", "flips a bit",
        "cannot read a block",
    ];

    private readonly FaultSource[] _sources = [.. Names.Select(name => new FaultSource(disk.Engine.Faults, $"{disk.Name} {name}"))];

    public bool Chance(double rate) => rate > 0 && random.NextDouble() < rate;

    /// <summary>Draws whether a fault occurs now.</summary>
    public bool Occurs(DiskFault fault, double rate) => _sources[(int)fault].Occurs(random, rate);

    public (int Bytes, IoError Error) Of(SimulatedIo io)
    {
        var faults = disk.Faults;
        var whole = (int)Math.Clamp(Math.Min(disk.Length - io.Offset, (io.Source?.Length ?? long.MaxValue) - io.SourceOffset), 0, io.Length);
        if (Refusal(io) is var refusal and not IoError.None)
            return (0, refusal);
        if (io.Kind == DiskIoKind.Flush)
            return (0, FlushError(io, faults));
        if (io.Exception is not null)
            return (SomeOf(whole), IoError.NoDevice);
        if (io.Kind == DiskIoKind.WriteZeroes && faults.RefusesZeroes)
            return (0, IoError.NotSupported);
        if (io.Kind == DiskIoKind.Map)
            return (0, io.Failure);
        if (io.Kind == DiskIoKind.Clone && Occurs(DiskFault.CloneRefusal, faults.CloneRefusalRate))
            return (0, random.Next(2) == 0 ? IoError.NotSupported : IoError.None);
        if (io.Failure != IoError.None)
            return (SomeOf(whole), io.Failure);
        var (good, error) = Good(io, whole, faults);
        if (good < whole)
            return (random.Next(2) == 0 ? 0 : good, error);
        return Occurs(DiskFault.Short, faults.ShortRate) && SomeOf(whole) is var part and > 0 ? (part, IoError.None) : (whole, IoError.None);
    }

    /// <summary>Why it cannot be carried out at all.</summary>
    public IoError Refusal(SimulatedIo io)
    {
        if (io.Kind == DiskIoKind.Flush)
            return IoError.None;
        if (io.Offset < 0 || io.SourceOffset < 0)
            return IoError.Invalid;
        if (io.Changes && Bounds.RefuseWrite(disk, io.Offset, io.Length) is var refusal and not IoError.None)
            return refusal;
        var unit = disk.Alignment - 1;
        return (io.Offset & unit) != 0 || ((io.Length & unit) != 0 && io.Offset + io.Length < disk.Length) ? IoError.Invalid : IoError.None;
    }

    /// <summary>What begins at the offset of a map: whole sectors that are all zero, or none of which is.</summary>
    public ExtentResult Extent(SimulatedIo io)
    {
        var end = (int)Math.Min(disk.Length, io.Offset + io.Length);
        if (end <= io.Offset)
            return ExtentResult.Data(0);
        var content = disk.Content.Span;
        var isZero = IsZero(content, (int)io.Offset, end, out var at);
        while (at < end && IsZero(content, at, end, out var next) == isZero && !Occurs(DiskFault.ShortMap, disk.Faults.ShortRate))
            at = next;
        return new ExtentResult(at - io.Offset, isZero, IoError.None);
    }

    /// <summary>Whole sectors, fewer than all.</summary>
    public int SomeOf(int bytes)
    {
        var unit = Math.Max(IoRegion.SectorSize, disk.Alignment);
        return random.Next(Math.Max(1, (bytes + unit - 1) / unit)) * unit;
    }

    /// <summary>The bytes of a range before the first bad one.</summary>
    public static long GoodOf(IReadOnlyList<ByteRange> bad, long offset, long length)
    {
        var good = length;
        for (var i = 0; i < bad.Count; i++)
        {
            if (bad[i].Offset < offset + length && offset < bad[i].Offset + bad[i].Length)
                good = Math.Min(good, Math.Max(0, bad[i].Offset - offset));
        }
        return good;
    }

    private static bool IsZero(ReadOnlySpan<byte> content, int at, int end, out int next)
    {
        next = Math.Min(end, (at / IoRegion.SectorSize + 1) * IoRegion.SectorSize);
        return !content[at..next].ContainsAnyExcept((byte)0);
    }

    private IoError FlushError(SimulatedIo io, DiskFaults faults) =>
        io.Exception is not null ? IoError.NoDevice
        : io.Failure != IoError.None ? io.Failure
        : Occurs(DiskFault.FlushError, faults.FlushErrorRate) ? IoError.Io
        : IoError.None;

    // A copy reads, also if a server makes it; sharing does not.
    private (int Bytes, IoError Error) Good(SimulatedIo io, int whole, DiskFaults faults)
    {
        if (io.Kind == DiskIoKind.Read)
            return ((int)disk.Readable(io.Offset, whole), faults.ReadError);
        var good = GoodOf(faults.BadWrites, io.Offset, whole);
        if (io.Source is { } source && io.Method != OffloadKinds.Reflink)
            good = Math.Min(good, source.Readable(io.SourceOffset, whole));
        return ((int)good, faults.WriteError);
    }
}

/// <summary>A fault of a disk that is drawn for each I/O.</summary>
internal enum DiskFault
{
    Stall,
    Short,
    ShortMap,
    CloneRefusal,
    FlushError,
    LostWrite,
    TornWrite,
    MisdirectedWrite,
    BitRot,
    LatentError,
}
