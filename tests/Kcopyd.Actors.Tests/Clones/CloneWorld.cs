using Akka.Actor;
using Kcopyd.Actors.Clones;
using Kcopyd.Actors.TestKit.Disks;
using Kcopyd.Actors.Tests.Snapshots.Model;

namespace Kcopyd.Actors.Tests.Clones;

/// <summary>A clone under random requests, next to the reference model: what a read may show, and what a power cut may leave.</summary>
internal sealed class CloneWorld
{
    public const int RegionSectors = 8;
    public const int Sectors = 190;         // the last region is short

    private const int OfSource = 1, OfDestination = 2;      // the writers; the old content of the destination must never be seen

    private readonly Lock _lock = new();
    private readonly Random _random;
    private readonly History _history = History.Of(static _ => OfSource, Sectors);
    private readonly bool[] _isUndefined = new bool[Sectors];
    private int _lastWriter = OfDestination;

    public CloneWorld(int seed)
    {
        _random = new Random(seed);
        (Source, Destination) = (Filled(OfSource, "source"), Filled(OfDestination, "destination"));
        Metadata = BlockDevice.Memory(12 * MetadataBlock.Size, name: "metadata");
    }

    public MemoryBlockDevice Source { get; }

    public MemoryBlockDevice Destination { get; }

    public MemoryBlockDevice Metadata { get; }

    /// <summary>The clock.</summary>
    public WriteLog Log { get; } = new();

    public List<string> Complaints { get; } = [];

    public bool Discards { get; init; }

    /// <summary>An I/O fails: unflushed writes may be lost when the clone becomes read-only.</summary>
    public bool MayLose { get; init; }

    public int Errors { get; private set; }

    public int Requests { get; private set; }

    public static async Task<Clone> OpenAsync(ActorSystem system, IBlockDevice source, IBlockDevice destination, IBlockDevice metadata, int seed) =>
        await system.Kcopyd().OpenCloneAsync(source, destination, metadata, new CloneOptions
        {
            RegionSize = RegionSectors * Sector.Size,
            NoHydration = seed % 3 == 0,
            HydrationThreshold = 1 + seed % 5,
            HydrationBatchSize = 1 + seed % 4,
            LeaveOpen = true,
        });

    /// <summary>Several callers at once, each with one request after another.</summary>
    public Task PlayAsync(IBlockDevice clone, int callers, int requests) =>
        Task.WhenAll(Enumerable.Range(0, callers).Select(_ => Task.Run(async () =>
        {
            for (var i = 0; i < requests; i++)
                await RequestAsync(clone);
        })));

    /// <summary>Reads everything, and complains about what must not be there.</summary>
    public async Task CheckAsync(IBlockDevice clone)
    {
        for (var sector = 0; sector < Sectors; sector += 10)
            await ReadAsync(clone, sector, Math.Min(10, Sectors - sector));
    }

    /// <summary>Complains about what a power cut at a time must not leave.</summary>
    public void Judge(ReadOnlySpan<byte> destination, MetadataImage? image, long time)
    {
        var map = image is null ? null : new RegionMap(image.Geometry, image.Words);
        for (var sector = 0; sector < Sectors; sector++)
        {
            if (_isUndefined[sector])
                continue;
            var isHydrated = map is not null && map.IsHydrated(sector / RegionSectors);
            var writer = Sector.WriterOf((isHydrated ? destination : Source.Bytes).Slice(sector * Sector.Size, Sector.Size), sector);
            if (!_history.Survives(sector, writer, time))
                Complaints.Add($"sector {sector} ({(isHydrated ? "hydrated" : "source")}) at {time} shows {writer}, not one of {_history.Tell(sector)}");
        }
    }

    private async Task RequestAsync(IBlockDevice clone)
    {
        int kind, first, count;
        lock (_lock)
        {
            Requests++;
            kind = _random.Next(20);
            first = _random.Next(Sectors);
            count = _random.Next(4) == 0 ? RegionSectors * _random.Next(1, 4) : _random.Next(1, 20);
            if (_random.Next(3) == 0)
                first -= first % RegionSectors;
            count = Math.Min(count, Sectors - first);
        }
        if (kind < 6)
            await ReadAsync(clone, first, count);
        else if (kind < 15)
            await WriteAsync(clone, first, count, isZero: false);
        else if (kind == 15)
            await WriteAsync(clone, first, count, isZero: true);
        else if (kind == 16 && Discards)
            await DiscardAsync(clone, first, count);
        else
            await FlushAsync(clone);
    }

    private async Task ReadAsync(IBlockDevice clone, int first, int count)
    {
        var bytes = new byte[count * Sector.Size];
        var issued = (int)Log.Tick();
        var result = await clone.ReadAsync((long)first * Sector.Size, bytes);
        lock (_lock)
        {
            Errors += result.IsSuccess ? 0 : 1;
            for (var i = 0; i < (result.IsSuccess ? count : 0); i++)
            {
                var writer = Sector.WriterOf(bytes.AsSpan(i * Sector.Size, Sector.Size), first + i);
                var isFine = _isUndefined[first + i] || _history.Shows(first + i, writer, issued)
                    || (MayLose && _history.Survives(first + i, writer, Log.Now));
                if (!isFine)
                    Complaints.Add($"sector {first + i} read at {issued} shows {writer}, not one of {_history.Tell(first + i)}");
            }
        }
    }

    private async Task WriteAsync(IBlockDevice clone, int first, int count, bool isZero)
    {
        var bytes = new byte[count * Sector.Size];
        SectorWrite write;
        lock (_lock)
        {
            var writer = isZero ? 0 : ++_lastWriter;
            Sector.Fill(bytes, writer, first);
            write = new SectorWrite(writer, (int)Log.Tick());
            for (var sector = first; sector < first + count; sector++)
                _history.Add(sector, write);
        }
        var result = isZero
            ? await clone.WriteZeroesAsync((long)first * Sector.Size, bytes.Length)
            : await clone.WriteAsync((long)first * Sector.Size, bytes);
        lock (_lock)
        {
            Errors += result.IsSuccess ? 0 : 1;
            if (result.IsSuccess && result.Bytes != bytes.Length)
                Complaints.Add($"{result.Bytes} of {bytes.Length} bytes written");
            write.IsCertain = result.IsSuccess;
            write.Ended = result.IsSuccess ? (int)Log.Tick() : int.MaxValue;
        }
    }

    // What it reads as is undefined from then on.
    private async Task DiscardAsync(IBlockDevice clone, int first, int count)
    {
        lock (_lock)
            _isUndefined.AsSpan(first, count).Fill(true);
        var result = await clone.DiscardAsync((long)first * Sector.Size, (long)count * Sector.Size);
        lock (_lock)
            Errors += result.IsSuccess ? 0 : 1;
    }

    private async Task FlushAsync(IBlockDevice clone)
    {
        var issued = (int)Log.Tick();
        var result = await clone.FlushAsync();
        lock (_lock)
        {
            Errors += result.IsSuccess ? 0 : 1;
            if (result.IsSuccess)
                _history.Flushed(issued, (int)Log.Tick());
        }
    }

    private static MemoryBlockDevice Filled(int writer, string name)
    {
        var device = BlockDevice.Memory(Sectors * Sector.Size, name: name);
        Sector.Fill(device.Bytes, writer, 0);
        return device;
    }
}
