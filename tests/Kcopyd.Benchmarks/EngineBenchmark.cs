using System.Diagnostics;
using Akka.Actor;
using Akka.Configuration;
using Kcopyd.Actors;

namespace Kcopyd.Benchmarks;

/// <summary>
/// Compares the engine with a plain loop in the same run: the contenders take turns, round after round, so that a drift of the machine's speed affects
/// all of them. The figures are medians, and the median of the ratios round by round.
/// </summary>
internal static class EngineBenchmark
{
    public static async Task<int> RunAsync(string folder, string hocon, int rounds)
    {
        Workload[] workloads =
        [
            new("1→1, jobs of 4 KiB", JobBytes: 4 << 10, Jobs: 100_000, Destinations: 1),
            new("1→1, jobs of 64 KiB", JobBytes: 64 << 10, Jobs: 20_000, Destinations: 1),
            new("1→1, jobs of 256 KiB", JobBytes: 256 << 10, Jobs: 6_000, Destinations: 1),
            new("1→1, one job of 256 MiB", JobBytes: 256 << 20, Jobs: 4, Destinations: 1),
            new("1→8, one job of 128 MiB", JobBytes: 128 << 20, Jobs: 1, Destinations: 8),
        ];
        using var files = new BenchmarkFiles(folder, sourceBytes: 256 << 20, destinations: 8);
        using var system = ActorSystem.Create("bench", ConfigurationFactory.ParseString(hocon + "\nakka.loglevel = WARNING"));
        var settings = system.Kcopyd().Settings with { MaxDestinations = 8 };
        var pooled = system.Kcopyd().CreateClient("pooled", settings);
        var spawned = system.Kcopyd().CreateClient("spawned", settings with { RecycleCrews = false });

        Console.WriteLine($"{folder}, {Environment.ProcessorCount} processors, {rounds} rounds after a warm-up, medians.");
        Console.WriteLine($"{"work",-26}{"unit",-9}{"plain loop",12}{"pooled",12}{"spawned",12}{"pooled/plain",14}{"spawned/plain",15}{"pooled B/job",14}");
        foreach (var workload in workloads)
        {
            Func<Task>[] contenders =
            [
                () => PlainLoop.RunAsync(files, workload),
                () => new EngineLoop(pooled, files, workload).RunAsync(),
                () => new EngineLoop(spawned, files, workload).RunAsync(),
            ];
            var seconds = contenders.Select(_ => new double[rounds]).ToArray();
            var allocated = 0L;
            for (var round = -1; round < rounds; round++)
            {
                for (var i = 0; i < contenders.Length; i++)
                {
                    GC.Collect();
                    var before = GC.GetTotalAllocatedBytes(precise: true);
                    var clock = Stopwatch.StartNew();
                    await contenders[i]();
                    if (round >= 0)
                        seconds[i][round] = clock.Elapsed.TotalSeconds;
                    if (i == 1)
                        allocated = GC.GetTotalAllocatedBytes(precise: true) - before;
                }
            }
            Print(workload, seconds, allocated);
        }
        await pooled.DestroyAsync();
        await spawned.DestroyAsync();
        return 0;
    }

    private static void Print(Workload workload, double[][] seconds, long allocated)
    {
        var perJob = workload.JobBytes <= 256 << 10;
        var amount = perJob ? workload.Jobs / 1e3 : (double)workload.JobBytes * workload.Jobs / (1 << 20);
        var rates = seconds.Select(each => Median(each.Select(s => amount / s))).ToArray();
        double Ratio(int i) => Median(seconds[0].Zip(seconds[i], (plain, other) => plain / other));
        Console.WriteLine($"{workload.Name,-26}{(perJob ? "kjobs/s" : "MiB/s"),-9}{rates[0],12:N0}{rates[1],12:N0}{rates[2],12:N0}"
            + $"{Ratio(1),14:N2}{Ratio(2),15:N2}{(double)allocated / workload.Jobs,14:N0}");
    }

    private static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return sorted[sorted.Length / 2];
    }
}

/// <summary>The work that every contender does.</summary>
internal sealed record Workload(string Name, int JobBytes, int Jobs, int Destinations)
{
    /// <summary>The offset at which job <paramref name="job"/> copies, in bytes; the jobs are scattered over a file of <paramref name="fileBytes"/>.</summary>
    public long Offset(int job, long fileBytes) => (uint)(job * 2654435761) % (fileBytes / JobBytes) * JobBytes;
}
