namespace Kcopyd.Actors.Tests.Simulation;

/// <summary>
/// What is wrong with one simulated device. The fault model: ranges that can never be read or written; the nth transfer fails, or throws
/// before or after it returns; transfers come short; flushes fail; an acknowledged write is silently garbled; operations hang until
/// the test lets them go; clones are refused, or come half way. It has holes, about which it does not lie. A transfer that fails has transferred whole sectors
/// from its start, perhaps none.
/// </summary>
internal sealed class FaultPlan
{
    public List<(long Offset, long Length)> BadReads { get; init; } = [];

    public List<(long Offset, long Length)> BadWrites { get; init; } = [];

    public IoError BadWriteError { get; init; } = IoError.Io;

    /// <summary>Number of the transfer, from 1, that fails once; 0: none.</summary>
    public int FailsAt { get; init; }

    /// <summary>Number of the transfer, from 1, that throws; 0: none.</summary>
    public int CrashesAt { get; init; }

    /// <summary>Cloning throws.</summary>
    public bool CloneCrashes { get; init; }

    /// <summary>It throws when it is called, not when it is awaited.</summary>
    public bool CrashesAtOnce { get; init; }

    /// <summary>Number of the write, from 1, that changes another byte than it should; 0: none.</summary>
    public int GarblesAt { get; init; }

    public bool FlushFails { get; init; }

    public bool KnowsZeroes { get; init; }

    /// <summary>It says that it knows, and then does not.</summary>
    public bool RefusesZeroes { get; init; }

    /// <summary>Ranges that are zero from the start. Nothing in them is bad.</summary>
    public List<(long Offset, long Length)> Holes { get; init; } = [];

    public bool KnowsHoles { get; init; }

    /// <summary>The ways that it says it clones in, or can be cloned from.</summary>
    public OffloadKinds Clones { get; init; }

    /// <summary>How often it then does not.</summary>
    public double CloneRefusalRate { get; init; }

    public double ShortRate { get; init; }

    public double StallRate { get; init; }

    /// <summary>How often an I/O is done when the call returns.</summary>
    public double AtOnceRate { get; init; }

    /// <summary>Only what can never be read or written: then results can be foretold exactly.</summary>
    public bool IsPersistent => FailsAt == 0 && CrashesAt == 0 && !CloneCrashes && GarblesAt == 0;

    /// <summary>Nothing is wrong.</summary>
    public static FaultPlan None(Random random, long length) => new()
    {
        AtOnceRate = 0.3,
        KnowsZeroes = true,
        Holes = DrawHoles(random, length),
        KnowsHoles = random.Next(2) == 0,
        Clones = DrawClones(random),
    };

    public static FaultPlan Draw(Random random, long length, int block)
    {
        bool Chance(double rate) => random.NextDouble() < rate;
        List<(long, long)> Ranges()
        {
            var ranges = new List<(long, long)>();
            for (var i = Chance(0.25) ? random.Next(1, 5) : 0; i > 0 && length > 0; i--)
                ranges.Add((random.NextInt64(length) / block * block, (long)block * random.Next(1, 4)));
            return ranges;
        }
        var holes = DrawHoles(random, length);
        return new FaultPlan
        {
            Holes = holes,
            KnowsHoles = Chance(0.5),
            Clones = DrawClones(random),
            CloneRefusalRate = Chance(0.5) ? random.NextDouble() : 0,
            BadReads = Ranges().FindAll(bad => !holes.Exists(hole => hole.Offset < bad.Item1 + bad.Item2 && bad.Item1 < hole.Offset + hole.Length)),
            BadWrites = Ranges(),
            BadWriteError = Chance(0.7) ? IoError.Io : IoError.NoSpace,
            FailsAt = Chance(0.1) ? random.Next(1, 30) : 0,
            CrashesAt = Chance(0.1) ? random.Next(1, Chance(0.4) ? 4 : 30) : 0,
            CrashesAtOnce = Chance(0.5),
            GarblesAt = Chance(0.05) ? random.Next(1, 20) : 0,
            FlushFails = Chance(0.1),
            KnowsZeroes = Chance(0.6),
            RefusesZeroes = Chance(0.2),
            ShortRate = Chance(0.3) ? random.NextDouble() / 2 : 0,
            StallRate = Chance(0.15) ? random.NextDouble() / 10 : 0,
            AtOnceRate = Chance(0.5) ? 0 : random.NextDouble(),
            CloneCrashes = Chance(0.05),
        };
    }

    // From a sector to most of the device.
    private static List<(long Offset, long Length)> DrawHoles(Random random, long length)
    {
        var holes = new List<(long Offset, long Length)>();
        for (var i = random.Next(2) == 0 ? random.Next(1, 12) : 0; i > 0 && length > 0; i--)
        {
            var offset = random.NextInt64(length) & -512;
            holes.Add((offset, Math.Min(length - offset, 512L * random.Next(1, random.Next(3) == 0 ? 150 : 20))));
        }
        return holes;
    }

    private static OffloadKinds DrawClones(Random random) => random.Next(2) == 0
        ? OffloadKinds.None
        : (OffloadKinds)random.Next(1, 8)       // any of reflink, server-copy and kernel-copy
            | (random.Next(2) == 0 ? OffloadKinds.SmallCopy : OffloadKinds.None);
}
