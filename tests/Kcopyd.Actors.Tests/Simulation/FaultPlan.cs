using Kcopyd.Actors.Devices;

namespace Kcopyd.Actors.Tests.Simulation;

/// <summary>
/// What is wrong with one simulated device. The fault model: ranges that can never be read or written; the nth transfer fails, or throws
/// before or after it returns; transfers come short; flushes fail; an acknowledged write is silently garbled; operations hang until
/// the test lets them go. A transfer that fails has transferred whole sectors from its start, perhaps none.
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

    /// <summary>It throws when it is called, not when it is awaited.</summary>
    public bool CrashesAtOnce { get; init; }

    /// <summary>Number of the write, from 1, that changes another byte than it should; 0: none.</summary>
    public int GarblesAt { get; init; }

    public bool FlushFails { get; init; }

    public bool KnowsZeroes { get; init; }

    /// <summary>It says that it knows, and then does not.</summary>
    public bool RefusesZeroes { get; init; }

    public double ShortRate { get; init; }

    public double StallRate { get; init; }

    /// <summary>How often an I/O is done when the call returns.</summary>
    public double AtOnceRate { get; init; }

    /// <summary>Only what can never be read or written: then results can be foretold exactly.</summary>
    public bool IsPersistent => FailsAt == 0 && CrashesAt == 0 && GarblesAt == 0;

    public static FaultPlan None { get; } = new() { AtOnceRate = 0.3, KnowsZeroes = true };

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
        return new FaultPlan
        {
            BadReads = Ranges(),
            BadWrites = Ranges(),
            BadWriteError = Chance(0.7) ? IoError.Io : IoError.NoSpace,
            FailsAt = Chance(0.1) ? random.Next(1, 30) : 0,
            CrashesAt = Chance(0.1) ? random.Next(1, 30) : 0,
            CrashesAtOnce = Chance(0.5),
            GarblesAt = Chance(0.05) ? random.Next(1, 20) : 0,
            FlushFails = Chance(0.1),
            KnowsZeroes = Chance(0.6),
            RefusesZeroes = Chance(0.2),
            ShortRate = Chance(0.3) ? random.NextDouble() / 2 : 0,
            StallRate = Chance(0.15) ? random.NextDouble() / 10 : 0,
            AtOnceRate = Chance(0.5) ? 0 : random.NextDouble(),
        };
    }
}
