using Kcopyd.Actors.TestKit.Checking;

namespace Kcopyd.Actors.TestKit.Tests.Checking;

/// <summary>What is wrong with a disk.</summary>
public enum DiskDefect
{
    None,
    FlushDoesNothing,
    FlushForgetsOneSector,
    ForceUnitAccessIsIgnored,
    WriteIsAcknowledgedEarly,
    ReadBypassesTheCache,
    ReadComesFromBefore,
    WriteIsMisdirected,
    WriteSurvivesTheCut,
    CacheComesBackAfterTheCut,
    FailedWriteHappensLater,
}

/// <summary>A disk with a volatile cache and concurrent clients, whose operations take effect sector by sector at random moments.</summary>
internal sealed class CachedDisk(int seed, DiskDefect defect, int sectors = 4, bool faults = true)
{
    private sealed record Running(BlockDeviceOperation Operation)
    {
        public int Next;
        public long[] Found = [];
        public bool WillFail;
        public bool FlushDone;
    }

    private readonly Random _random = new(seed);
    private readonly long[] _platter = new long[sectors];
    private readonly Dictionary<int, (long Stamp, bool Doubtful)> _cache = [];
    private readonly List<(int Sector, long Stamp)> _late = [];
    private readonly Dictionary<int, long> _ghosts = [];
    private readonly long[] _before = new long[sectors];
    private long _stamp;

    public BlockDeviceModel Model { get; } = new(sectors);

    public void Run(int steps, int clients)
    {
        var running = new Running?[clients];
        for (var step = 0; step < steps; step++)
        {
            Background();
            if (faults && _random.Next(40) == 0)
            {
                Cut(running);
                continue;
            }
            var client = _random.Next(clients);
            if (running[client] is not { } one)
                running[client] = Call($"{client}");
            else if (faults && one.Operation.IsChange && _random.Next(30) == 0)
            {
                // Nobody waits any more; the rest of it happens later, or never.
                Model.Unknown(one.Operation);
                for (; one.Next < one.Operation.SectorCount; one.Next++)
                    _late.Add(((int)one.Operation.FirstSector + one.Next, one.Operation.Stamp));
                running[client] = null;
            }
            else if (Step(one))
                running[client] = null;
        }
    }

    private Running Call(string client)
    {
        var sector = _random.Next(sectors);
        var count = 1 + _random.Next(Math.Min(2, sectors - sector));
        var will = faults && _random.Next(12) == 0;
        return _random.Next(12) switch
        {
            < 4 => new(Model.CallRead(sector, count, client)) { Found = new long[count] },
            < 8 => new(Model.CallWrite(sector, count, ++_stamp, _random.Next(4) == 0, client)) { WillFail = will },
            8 when faults => new(Model.CallWriteZeroes(sector, count, client: client)) { WillFail = will },
            _ => new(Model.CallFlush(client)) { WillFail = will },
        };
    }

    // True if the operation has ended.
    private bool Step(Running one)
    {
        var operation = one.Operation;
        if (operation.Kind == BlockDeviceOperationKind.Flush)
            return StepFlush(one);
        var early = defect == DiskDefect.WriteIsAcknowledgedEarly && operation.IsChange && one.Next < operation.SectorCount && _random.Next(4) == 0;
        if (early)
            _late.Add(((int)operation.FirstSector + one.Next++, operation.Stamp));
        if (one.Next < operation.SectorCount)
        {
            var sector = (int)operation.FirstSector + one.Next;
            if (!operation.IsChange)
                one.Found[one.Next] = Read(sector);
            else if (!one.WillFail || _random.Next(2) == 0)
                Write(sector, operation.Stamp, operation.IsDurable);
            else if (defect == DiskDefect.FailedWriteHappensLater)
                _late.Add((sector, operation.Stamp));
            one.Next++;
            return false;
        }
        if (!operation.IsChange)
            Model.Return(operation, one.Found);
        else if (one.WillFail)
            Model.Fail(operation);
        else
            Model.Return(operation);
        return true;
    }

    private bool StepFlush(Running one)
    {
        if (one.FlushDone)
        {
            if (one.WillFail)
            {
                foreach (var sector in _cache.Keys.ToList())
                    _cache[sector] = _cache[sector] with { Doubtful = _random.Next(2) == 0 };
                Model.Fail(one.Operation);
            }
            else
                Model.Return(one.Operation);
            return true;
        }
        one.FlushDone = true;
        if (one.WillFail || defect == DiskDefect.FlushDoesNothing)
            return false;
        foreach (var (sector, (stamp, doubtful)) in _cache.ToList())
        {
            if (doubtful || (defect == DiskDefect.FlushForgetsOneSector && sector == 1))
                continue;
            _platter[sector] = stamp;
            _cache.Remove(sector);
        }
        return false;
    }

    private long Read(int sector)
    {
        if (defect == DiskDefect.ReadBypassesTheCache && _random.Next(4) == 0)
            return _platter[sector];
        if (defect == DiskDefect.ReadComesFromBefore && _random.Next(4) == 0)
            return _before[sector];
        return _cache.TryGetValue(sector, out var held) ? held.Stamp : _platter[sector];
    }

    private void Write(int sector, long stamp, bool durable)
    {
        if (defect == DiskDefect.WriteIsMisdirected && _random.Next(8) == 0)
            sector = (sector + 1) % sectors;
        _before[sector] = Read(sector);
        if (durable && defect != DiskDefect.ForceUnitAccessIsIgnored)
        {
            _platter[sector] = stamp;
            _cache.Remove(sector);
        }
        else
            _cache[sector] = (stamp, false);
    }

    // The disk writes back what it likes, forgets what a failed flush left, and performs what nobody waits for.
    private void Background()
    {
        if (_cache.Count > 0 && _random.Next(8) == 0)
        {
            var sector = _cache.Keys.ElementAt(_random.Next(_cache.Count));
            if (!_cache[sector].Doubtful)
                _platter[sector] = _cache[sector].Stamp;
            _cache.Remove(sector);
        }
        if (_late.Count > 0 && _random.Next(8) == 0)
        {
            var (sector, stamp) = _late[0];
            _late.RemoveAt(0);
            if (_random.Next(2) == 0)
                Write(sector, stamp, false);
        }
        if (_ghosts.Count > 0 && _random.Next(8) == 0)
        {
            var (sector, stamp) = _ghosts.First();
            _ghosts.Remove(sector);
            _platter[sector] = stamp;
        }
    }

    private void Cut(Running?[] running)
    {
        _late.Clear();
        if (defect == DiskDefect.WriteSurvivesTheCut)
            _late.AddRange(running.OfType<Running>().Where(one => one.Operation.IsChange).Select(one => ((int)one.Operation.FirstSector, one.Operation.Stamp)));
        if (defect == DiskDefect.CacheComesBackAfterTheCut)
        {
            foreach (var (sector, held) in _cache)
                _ghosts[sector] = held.Stamp;
        }
        _cache.Clear();
        Array.Clear(running);
        Model.PowerCut();
    }
}
