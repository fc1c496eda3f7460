using System.Diagnostics;

namespace Kcopyd.Actors.TestKit.Disks;

/// <summary>Replays a log on all of its disks together, and shows the outcomes of a power cut at the time that it has reached.</summary>
internal sealed class CutRun
{
    private readonly LogSnapshot _log;
    private readonly PowerCutOptions _options;
    private readonly DiskReplay[] _disks;
    private readonly List<int> _digits = [];        // the number of versions of each sector, if all outcomes are tried
    private readonly long[] _points;                // of each ordered disk: the number of its outcomes
    private int _next;
    private bool _isExhaustive;

    public CutRun(LogSnapshot log, PowerCutOptions options)
    {
        (_log, _options) = (log, options);
        foreach (var disk in log.Disks)
        {
            if (!disk.IsCaptured)
            {
                throw new InvalidOperationException(
                    $"What {disk.Name} contained before its first write is not known: await the recording device's CaptureAsync first.");
            }
        }
        _disks = [.. log.Disks.Select(disk => new DiskReplay(disk, options))];
        _points = new long[_disks.Length];
    }

    public long Time { get; private set; } = -1;

    /// <summary>The number of outcomes at this time.</summary>
    public int Count { get; private set; }

    public ReadOnlySpan<DiskReplay> Disks => _disks;

    /// <summary>The sector that the current outcome has torn.</summary>
    public (LoggedDisk Disk, long Start, int After)? TornSector { get; private set; }

    private bool IsInDoubt => Array.Exists(_disks, static disk => disk.Sectors.Count > 0);

    private int Limit => 1 << _options.ExhaustiveLimit;

    public static ulong Mix(ulong number)
    {
        // SplitMix64
        number += 0x9E3779B97F4A7C15;
        number = (number ^ (number >> 30)) * 0xBF58476D1CE4E5B9;
        number = (number ^ (number >> 27)) * 0x94D049BB133111EB;
        return number ^ (number >> 31);
    }

    /// <summary>Advances the replay.</summary>
    public void To(long time)
    {
        while (_next < _log.Events.Length && _log.Events[_next].Time <= time)
        {
            var now = _log.Events[_next].Time;
            for (; _next < _log.Events.Length && _log.Events[_next].Time == now; _next++)
                _disks[_log.Events[_next].Io.Disk.Index].Apply(_log.Events[_next]);
            foreach (var disk in _disks)
                disk.EndTime();
        }
        Time = time;
        var all = _options.IsOrdered ? CountOrdered() : CountVersions();
        _isExhaustive = all is not null;
        Count = all is null ? _options.Samples : all.Value + (_options.TearsSectors && IsInDoubt ? _options.Samples : 0);
    }

    /// <summary>Makes the images show an outcome.</summary>
    public void Show(int outcome)
    {
        Debug.Assert(outcome < Count);
        TornSector = null;
        var isExtra = _isExhaustive && outcome >= Count - (_options.TearsSectors && IsInDoubt ? _options.Samples : 0);
        if (_isExhaustive && !isExtra)
        {
            if (_options.IsOrdered)
                ShowPoints(outcome);
            else
                ShowVersions(outcome);
            Render();
            return;
        }
        // Each outcome has its own random numbers, so that it can be shown again without those before it.
        var random = new Random((int)Mix((ulong)Time ^ Mix(((ulong)(uint)outcome << 32) | (uint)_options.Seed)));
        var kind = isExtra ? 2 : outcome;
        if (_options.IsOrdered)
            ShowSomePoints(kind, random);
        else
            ShowSample(kind, random);
        Render();
        if (_options.TearsSectors && (isExtra || outcome >= 2 && random.Next(2) == 0))
            Tear(random);
    }

    private void Render()
    {
        foreach (var disk in _disks)
        {
            foreach (var sector in disk.Sectors)
                disk.Render(sector);
        }
    }

    private int? CountVersions()
    {
        _digits.Clear();
        long count = 1;
        foreach (var disk in _disks)
        {
            foreach (var sector in disk.Sectors)
            {
                if (sector.Versions(Limit, _options.Discards == DiscardOutcome.Undefined) is not { } versions || (count *= versions.Count) > Limit)
                    return null;
                _digits.Add(versions.Count);
            }
        }
        return (int)count;
    }

    private void ShowVersions(int outcome)
    {
        var digit = 0;
        foreach (var disk in _disks)
        {
            foreach (var sector in disk.Sectors)
            {
                sector.Show(sector.Versions(Limit, _options.Discards == DiscardOutcome.Undefined)![outcome % _digits[digit]]);
                outcome /= _digits[digit++];
            }
        }
    }

    private void ShowSample(int outcome, Random random)
    {
        var garbage = _options.Discards == DiscardOutcome.Undefined && outcome != 1 ? random : null;
        foreach (var disk in _disks)
        {
            var isThere = Outcome.Of(disk, outcome, _disks.Length == 1, random);
            foreach (var sector in disk.Sectors)
                sector.Show(isThere, garbage);
        }
    }

    // An ordered disk can stop before each sector, and separately before each sector of the writes that it may skip.
    private int? CountOrdered()
    {
        long count = 1;
        for (var i = 0; i < _disks.Length; i++)
        {
            _points[i] = (Outcome.Units(_disks[i], skippable: false) + 1) * (Outcome.Units(_disks[i], skippable: true) + 1);
            count = count > Limit ? count : count * _points[i];
        }
        return count <= Limit ? (int)count : null;
    }

    private void ShowPoints(int outcome)
    {
        long rest = outcome;
        for (var i = 0; i < _disks.Length; i++)
        {
            ShowPoint(_disks[i], rest % _points[i]);
            rest /= _points[i];
        }
    }

    private void ShowSomePoints(int kind, Random random)
    {
        for (var i = 0; i < _disks.Length; i++)
            ShowPoint(_disks[i], kind == 0 ? 0 : kind == 1 ? _points[i] - 1 : random.NextInt64(_points[i]));
    }

    private static void ShowPoint(DiskReplay disk, long point)
    {
        var units = Outcome.Units(disk, skippable: false) + 1;
        var isThere = Outcome.Beginning(disk, point % units, point / units);
        foreach (var sector in disk.Sectors)
            sector.Show(isThere, null);
    }

    private void Tear(Random random)
    {
        var number = random.Next(_disks.Sum(static disk => disk.Sectors.Count));
        foreach (var disk in _disks)
        {
            if (number < disk.Sectors.Count)
            {
                var sector = disk.Sectors[number];
                var after = random.Next(sector.Length + 1);
                disk.Tear(sector, after);
                TornSector = (disk.Disk, sector.Start, after);
                return;
            }
            number -= disk.Sectors.Count;
        }
    }
}
