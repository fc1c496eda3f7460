using System.Globalization;
using System.Text.Json;
using Kcopyd.Actors;
using Kcopyd.Benchmarks.Peers;
using Kcopyd.Benchmarks.Snapshots;

namespace Kcopyd.Benchmarks.Nbd;

/// <summary>Measures how long the reads of a quiet client take, alone and beside greedy clients, and how much memory the server holds.</summary>
internal sealed record QuietRun(string Beside, double Median, double P99, double P999, long Held, double GreedyMiB)
{
    private const int Greedy = 64, Seconds = 8;

    public static async Task<IReadOnlyList<QuietRun>> RunAllAsync(SnapshotArena arena, CancellationToken cancellationToken)
    {
        using var folder = arena.Cleanup.Folder(arena.Options.Tmpfs, "greedy", 2 * arena.Options.Size);
        var image = Path.Combine(folder.Path, "image");
        Images.WriteRandom(image, arena.Options.Size, 1, cancellationToken);
        await using var served = new ServedDevice(arena.System, Path.Combine(folder.Path, "ours"), BlockDevice.Open(image, new() { Io = IoMode.Buffered }));
        var size = arena.Options.Size;
        await QuietAsync("warm-up");
        var alone = await QuietAsync("nobody");
        var reads = await BesideAsync($"{Greedy} clients, each 32 reads of 1 MiB in flight", "--rw=randread", "--bs=1m");
        var writes = await BesideAsync($"{Greedy} clients, each 32 writes of 1 MiB in flight", "--rw=randwrite", "--bs=1m");
        var small = await BesideAsync($"{Greedy} clients, each 32 reads of 4 KiB in flight", "--rw=randread", "--bs=4k");
        return [alone, reads, writes, small];

        async Task<QuietRun> BesideAsync(string who, params string[] load)
        {
            using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            var greedy = ToolRun.RunAsync([new ToolCommand("nice", ["-n", "19", "fio", "--output-format=json", "--name=greedy", "--ioengine=nbd",
                $"--uri={served.Uri}", $"--numjobs={Greedy}", "--iodepth=32", $"--size={size}",
                "--time_based", $"--runtime={Seconds + 6}", "--group_reporting", "--thread", .. load])], end.Token);
            while (served.Server.GetExports()[0].Connections < Greedy)
            {
                if (greedy.IsCompleted)
                    break;
                await Task.Delay(10, cancellationToken);
            }
            var quiet = await QuietAsync(who);
            var (_, output) = await greedy;
            using var report = JsonDocument.Parse(output[output.IndexOf('{', StringComparison.Ordinal)..]);
            var job = report.RootElement.GetProperty("jobs")[0];
            return quiet with { GreedyMiB = (Rate("read") + Rate("write")) / 1048576.0 };

            long Rate(string direction) => job.GetProperty(direction).GetProperty("bw_bytes").GetInt64();
        }

        async Task<QuietRun> QuietAsync(string beside)
        {
            var held = 0L;
            var quiet = ToolRun.RunAsync([new ToolCommand("fio", "--output-format=json", "--name=quiet", "--ioengine=nbd", $"--uri={served.Uri}",
                "--rw=randread", "--bs=4k", "--iodepth=1", $"--size={size}",
                "--time_based", $"--runtime={Seconds}", "--rate_iops=200")], cancellationToken);
            while (!quiet.IsCompleted)
            {
                held = Math.Max(held, served.Server.MemoryHeld);
                await Task.WhenAny(quiet, Task.Delay(20, cancellationToken));
            }
            var (_, output) = await quiet;
            using var report = JsonDocument.Parse(output[output.IndexOf('{', StringComparison.Ordinal)..]);
            var latency = report.RootElement.GetProperty("jobs")[0].GetProperty("read").GetProperty("clat_ns").GetProperty("percentile");
            return new QuietRun(beside, Of("50.000000"), Of("99.000000"), Of("99.900000"), held, 0);

            double Of(string percentile) => latency.GetProperty(percentile).GetDouble() / 1e6;
        }
    }

    public static IEnumerable<string[]> Rows(IReadOnlyList<QuietRun> runs)
    {
        yield return ["beside", "median, ms", "99 %", "99.9 %", "memory held beyond each one's own piece, MiB", "they get, MiB/s"];
        foreach (var run in runs)
        {
            yield return
            [
                run.Beside, F(run.Median), F(run.P99), F(run.P999),
                (run.Held / 1048576.0).ToString("F0", CultureInfo.InvariantCulture), run.GreedyMiB.ToString("F0", CultureInfo.InvariantCulture),
            ];
        }

        static string F(double milliseconds) => milliseconds.ToString("F2", CultureInfo.InvariantCulture);
    }
}
