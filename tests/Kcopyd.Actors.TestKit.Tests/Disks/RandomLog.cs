using Kcopyd.Actors.TestKit.Disks;

namespace Kcopyd.Actors.TestKit.Tests.Disks;

/// <summary>A random run on small disks, recorded twice: in a <see cref="WriteLog"/>, and as the facts from which <see cref="CutDefinition"/> starts.</summary>
internal sealed class RandomLog
{
    public const int Unit = 8;
    public const int DiskLength = 20;       // two whole sectors and a short one

    private readonly Random _random;
    private readonly List<(IoFact Fact, LoggedIo Io)> _running = [];

    public RandomLog(int seed, int disks, int steps)
    {
        _random = new(seed);
        for (var i = 0; i < disks; i++)
        {
            var original = Bytes(DiskLength);
            Originals.Add(original);
            Log.AddDisk($"disk{i}", original, Unit);
        }
        for (var step = 0; step < steps; step++)
        {
            if (_running.Count > 0 && _random.Next(3) > 0)
                Complete();
            else
                Issue();
        }
    }

    public WriteLog Log { get; } = new();

    public List<byte[]> Originals { get; } = [];

    public List<IoFact> Facts { get; } = [];

    private void Issue()
    {
        var disk = _random.Next(Originals.Count);
        var logged = Log.Disks[disk];
        var kind = _random.Next(10) switch
        {
            < 4 => DiskIoKind.Write,
            < 7 => DiskIoKind.Flush,
            7 => DiskIoKind.WriteThrough,
            8 => DiskIoKind.WriteZeroes,
            _ => DiskIoKind.Discard,
        };
        var from = _random.Next(DiskLength);
        var length = _random.Next(1, DiskLength - from + 1);
        if (_random.Next(2) == 0)
            (from, length) = (from / Unit * Unit, Math.Min(Unit, DiskLength - from / Unit * Unit));
        var data = kind is DiskIoKind.Write or DiskIoKind.WriteThrough ? Bytes(length) : new byte[length];
        var io = kind == DiskIoKind.Flush ? Log.IssueFlush(logged)
            : kind is DiskIoKind.WriteZeroes or DiskIoKind.Discard ? Log.Issue(logged, kind, from, (long)length)
            : Log.Issue(logged, kind, from, data);
        var fact = new IoFact(disk, kind, kind == DiskIoKind.Flush ? 0 : from, kind == DiskIoKind.Flush ? [] : data, Log.Now);
        Facts.Add(fact);
        _running.Add((fact, io));
    }

    private void Complete()
    {
        var at = _random.Next(_running.Count);
        var (fact, io) = _running[at];
        _running.RemoveAt(at);
        fact.Failed = _random.Next(6) == 0;
        if (fact.Failed)
            Log.Fail(io);
        else if (fact.Kind is DiskIoKind.Write or DiskIoKind.WriteZeroes && _random.Next(6) == 0)
            Log.Complete(io, IoResult.Success(fact.Reach = _random.Next(fact.Data.Length)));
        else
            Log.Complete(io);
        fact.Completed = Log.Now;
    }

    private byte[] Bytes(int count)
    {
        var bytes = new byte[count];
        _random.NextBytes(bytes);
        return bytes;
    }
}

/// <summary>What happened to an I/O, without any conclusion.</summary>
internal sealed record IoFact(int Disk, DiskIoKind Kind, int From, byte[] Data, long Issued)
{
    public long Completed { get; set; } = long.MaxValue;

    public bool Failed { get; set; }

    public int Reach { get; set; } = Data.Length;

    public bool IsFlush => Kind == DiskIoKind.Flush;
}
