using Kcopyd.Actors.TestKit;
using Kcopyd.Actors.TestKit.Disks;

namespace Kcopyd.Actors.Tests.Simulation;

/// <summary>How a job's caller wants to be told.</summary>
internal enum Told
{
    ByBits,
    ByResult,
    ByMessage,
    ByTask,
}

/// <summary>A job to submit. No two jobs share a byte, so every I/O is some one job's.</summary>
internal sealed record JobPlan(int Number, IoRegion? From, IoRegion[] To, CopyFlags Flags, Told Told)
{
    public bool IgnoresErrors => (Flags & (CopyFlags.IgnoreError | CopyFlags.Sequential)) == CopyFlags.IgnoreError;

    public bool IsSequential => (Flags & CopyFlags.Sequential) != 0;

    public bool Verifies => (Flags & (CopyFlags.Verify | CopyFlags.VerifyHash)) != 0;

    public bool Flushes => Verifies || (Flags & CopyFlags.Flush) != 0;

    /// <summary>Bytes: a device may end within the last sector.</summary>
    public int Length => (int)To.Append(From ?? To[0]).Min(region => Math.Min(region.Count * IoRegion.SectorSize, region.Device.Length - region.Offset));

    public override string ToString() => $"job {Number}: {From?.ToString() ?? "zero"} -> {string.Join(", ", To)} [{Flags}] {Told}, {Length} bytes";
}

/// <summary>Everything about a simulation that is drawn before it starts.</summary>
internal sealed class Scenario
{
    public Scenario(int seed, KcopydSettings defaults, World world, IoLog log)
    {
        var random = new Random(seed * 31 + 7);
        var subJob = 4096 * random.Next(1, 5);
        Settings = defaults with
        {
            SubJobSize = subJob,
            SubJobsPerJob = random.Next(1, 9),
            MaxSubJobs = random.Next(1, 17),
            PagePoolSize = subJob * (long)random.Next(1, 9),
            RecycleCrews = random.Next(4) > 0,
            ThrottlePercent = random.Next(8) == 0 ? random.Next(1, 101) : 100,
            BytesPerSecond = random.Next(8) == 0 ? random.Next(10_000, 1_000_000) : 0,
            Offload = random.Next(3) == 0 ? OffloadKinds.All : (OffloadKinds)random.Next((int)OffloadKinds.All + 1),
        };
        IsHealthy = random.Next(5) == 0;
        Kills = !IsHealthy && random.Next(4) == 0 ? random.Next(1, 5) : 0;
        StopsFromOutside = !IsHealthy && random.Next(10) == 0;
        DestroysEarly = random.Next(4) == 0;

        var sizes = Enumerable.Range(0, random.Next(1, 11)).Select(_ => SectorCount(random)).ToArray();
        var block = random.Next(3) == 0 ? 4096 : 512;
        var sourceLength = (int)(sizes.Sum() * IoRegion.SectorSize - (random.Next(4) == 0 && sizes[^1] > 0 ? random.Next(1, 512) : 0));
        Source = Device("source", sourceLength, 1);

        const int most = 8;
        var length = (int)sizes.Sum() * IoRegion.SectorSize * most;
        Mirrors = [.. Enumerable.Range(0, random.Next(1, 5)).Select(i => Device($"mirror{i}", length, i + 2))];

        var cursors = new long[Mirrors.Length];
        var sector = 0L;
        Jobs = new JobPlan[sizes.Length];
        for (var number = 0; number < sizes.Length; number++)
        {
            var count = sizes[number];
            var to = new IoRegion[random.Next(3) == 0 ? random.Next(1, most + 1) : random.Next(1, 3)];
            for (var i = 0; i < to.Length; i++)
            {
                var mirror = random.Next(Mirrors.Length);
                to[i] = Mirrors[mirror].Region(cursors[mirror], count);
                cursors[mirror] += count;
            }
            var from = random.Next(5) == 0 ? default(IoRegion?) : Source.Region(sector, count);
            sector += count;
            Jobs[number] = new JobPlan(number, from, to, Flags(random), (Told)random.Next(4));
        }
        foreach (var region in Jobs.SelectMany(job => job.From is { } from ? job.To.Append(from) : job.To))
            log.Regions.Add(((SimulatedDisk)region.Device, region.Offset, region.Count * IoRegion.SectorSize));

        SimulatedDisk Device(string name, int bytes, int number)
        {
            var plan = IsHealthy ? DevicePlan.None(random, bytes, block) : DevicePlan.Draw(random, bytes, block);
            var device = plan.Create(world, log, name, bytes, number, out var content);
            log.Originals.Add(device, content);
            return device;
        }
    }

    public KcopydSettings Settings { get; }

    /// <summary>No faults: then everything must succeed.</summary>
    public bool IsHealthy { get; }

    /// <summary>Workers that are killed.</summary>
    public int Kills { get; }

    /// <summary>The client is stopped by somebody who did not ask it.</summary>
    public bool StopsFromOutside { get; }

    /// <summary>Destruction begins while there is work.</summary>
    public bool DestroysEarly { get; }

    public SimulatedDisk Source { get; }

    public SimulatedDisk[] Mirrors { get; }

    public IEnumerable<SimulatedDisk> Devices => Mirrors.Prepend(Source);

    public JobPlan[] Jobs { get; }

    private static long SectorCount(Random random) => random.Next(8) switch
    {
        0 => 0,
        < 4 => random.Next(1, 12),
        _ => random.Next(8, 160),
    };

    private static CopyFlags Flags(Random random)
    {
        var flags = random.Next(2) == 0 ? CopyFlags.IgnoreError : CopyFlags.None;
        if (random.Next(5) == 0)
            flags |= CopyFlags.Sequential;
        return flags | random.Next(10) switch
        {
            0 or 1 => CopyFlags.Flush,
            2 => CopyFlags.Verify,
            3 => CopyFlags.VerifyHash,
            4 => CopyFlags.OnlyDifferent,
            _ => CopyFlags.None,
        };
    }
}
