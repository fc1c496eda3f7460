using System.Globalization;
using System.Numerics;

namespace Kcopyd.Interop.Tests.Snapshots;

internal enum Step { Write, Read, Discard, Reopen, Merge }

/// <summary>One step of a script. The target is a snapshot's index, or -1 for the origin; sectors have 512 bytes; the data are bytes of the blob.</summary>
internal sealed record Operation(Step Step, int Target, int Sector, int Count, int At)
{
    public override string ToString() => string.Create(CultureInfo.InvariantCulture,
        $"{Step} {(Target < 0 ? "origin" : $"snapshot {Target}")} sector {Sector} count {Count} data at {At}");
}

/// <summary>The parameters of a snapshot.</summary>
internal sealed record StoreSpec(int Sectors, int ChunkSectors, bool Overflow, bool Discards, int JunkAt)
{
    public string Type => Overflow ? "PO" : "P";

    public override string ToString() => $"{Type} chunk {ChunkSectors} sectors {Sectors}{(Discards ? " discard_zeroes_cow" : "")}";
}

/// <summary>A script: an origin, one or two snapshots of it, and the operations on them.</summary>
internal sealed class Script
{
    public const int BlobSize = 1 << 20;
    private readonly Random _random;

    /// <summary>A script with given operations on an origin of random bytes and one snapshot of it.</summary>
    public Script(string name, int originSectors, StoreSpec store, params Operation[] operations)
    {
        _random = new Random(0);
        (Name, OriginSectors, Stores, Operations) = (name, originSectors, [store], [.. operations]);
    }

    /// <summary>A random script from a seed.</summary>
    public Script(int seed)
    {
        Name = $"KCOPYD_SNAPSHOT_SEED={seed}";
        _random = new Random(seed);
        OriginSectors = _random.Next(40, 257);
        OriginAt = Blob(OriginSectors);
        Stores = [.. Enumerable.Range(0, _random.Next(1, 3)).Select(_ => MakeStore())];
        Operations = [.. Enumerable.Range(0, _random.Next(6, 26)).Select(_ => MakeOperation())];
        if (_random.Next(5) == 0)
            Operations.Add(new(Step.Merge, _random.Next(Stores.Count), 0, 0, 0));
    }

    public string Name { get; }

    public int OriginSectors { get; }

    /// <summary>The offset in the blob of the bytes that the origin holds at first.</summary>
    public int OriginAt { get; }

    public List<StoreSpec> Stores { get; }

    public List<Operation> Operations { get; }

    /// <summary>Random bytes for all scripts.</summary>
    public static byte[] MakeBlob()
    {
        var blob = new byte[BlobSize];
        new Random(42).NextBytes(blob);
        return blob;
    }

    public override string ToString() => $"{Name}: origin of {OriginSectors} sectors; {string.Join("; ", Stores)}\n  {string.Join("\n  ", Operations)}";

    private StoreSpec MakeStore()
    {
        var chunk = 1 << _random.Next(8);
        var chunks = (int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(1, OriginSectors / chunk));
        // Some stores are too small, some are just large enough, most have room; not all end with a whole chunk.
        var sectors = chunk * _random.Next(4) switch { 0 => _random.Next(2, 3 + chunks / 2), 1 => _random.Next(2, 4 + chunks), _ => 2 * chunks + 4 };
        return new(sectors + (_random.Next(4) == 0 ? _random.Next(chunk) : 0), chunk,
            _random.Next(3) == 0, _random.Next(2) == 0, _random.Next(2) == 0 ? Blob(sectors + chunk) : -1);
    }

    private Operation MakeOperation()
    {
        var target = _random.Next(-1, Stores.Count);
        var kind = _random.Next(100);
        var step = kind < 70 ? Step.Write : kind < 80 ? Step.Read : kind < 95 ? Step.Discard : Step.Reopen;
        // Whole chunks of the target (for the origin, of the first snapshot), and ranges that are not.
        var chunk = Stores[Math.Max(0, target)].ChunkSectors;
        var (sector, count) = _random.Next(4) switch
        {
            0 => (_random.Next(OriginSectors / chunk + 1) * chunk, chunk),
            1 => (_random.Next(OriginSectors / chunk + 1) * chunk, chunk * _random.Next(1, 5)),
            2 => (_random.Next(OriginSectors), _random.Next(1, 9)),
            _ => (_random.Next(OriginSectors), _random.Next(1, 3 * chunk + 1)),
        };
        sector = Math.Min(sector, OriginSectors - 1);
        count = Math.Min(count, OriginSectors - sector);
        // The kernel does not split a discard that begins within a chunk at the end of the chunk: see Discards_should.
        if (step == Step.Discard && sector % chunk != 0)
            count = Math.Min(count, chunk - sector % chunk);
        return new(step, target, sector, count, Blob(count));
    }

    private int Blob(int sectors) => _random.Next(BlobSize - sectors * 512);
}
