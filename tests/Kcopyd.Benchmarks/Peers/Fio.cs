using System.Text.Json;

namespace Kcopyd.Benchmarks.Peers;

/// <summary>
/// fio reading one file and writing another, with as many reads and as many writes as pairs are copied, at the same total depth: half of it reads, half of
/// it writes; at depth 1 first the reads, then the writes. Timed by fio, without its start. fio does not write what it reads.
/// </summary>
internal static class Fio
{
    public static Contender IoUring(CopyFiles files, int depth, long pairs) =>
        Contender($"fio, io_uring, depth {Halves(depth)}", files, depth, pairs, threads: 1, "--ioengine=io_uring", $"--iodepth={Half(depth)}");

    public static Contender Threads(CopyFiles files, int depth, long pairs) =>
        Contender($"fio, psync, {Halves(depth)} {(depth == 1 ? "thread" : "threads")}", files, depth, pairs, threads: Half(depth),
            "--ioengine=psync", $"--numjobs={Half(depth)}", "--group_reporting");

    private static int Half(int depth) => Math.Max(1, depth / 2);

    private static string Halves(int depth) => depth == 1 ? "1" : $"{depth / 2}+{depth / 2}";

    private static Contender Contender(string name, CopyFiles files, int depth, long pairs, int threads, params string[] options)
    {
        string[] common =
        [
            "--thread", "--direct=1", "--bs=4k", "--norandommap",
            $"--size={files.Length}", $"--io_size={pairs * PairSequence.PairBytes / threads}", .. options,
        ];
        string[] reads = ["--name=reads", "--rw=randread", $"--filename={files.Source}", .. common];
        string[] writes = ["--name=writes", "--rw=randwrite", $"--filename={files.Destinations[0]}", .. common, .. depth == 1 ? (string[])["--stonewall"] : []];
        var command = new ToolCommand("fio", ["--output-format=json", .. reads, .. writes]);
        return new(name, ContenderKind.Tool, async token => Parse((await ToolRun.RunAsync([command], token)).Output, inTurn: depth == 1))
        {
            Missing = Toolbox.Missing("fio"),
            Copies = false,
            Note = "reads and writes, does not copy",
        };
    }

    private static Effort Parse(string output, bool inTurn)
    {
        // Warnings may precede the report.
        using var report = JsonDocument.Parse(output[output.IndexOf('{', StringComparison.Ordinal)..]);
        double seconds = 0, cpu = 0;
        foreach (var job in report.RootElement.GetProperty("jobs").EnumerateArray())
        {
            var took = new[] { "read", "write" }.Max(direction => job.GetProperty(direction).GetProperty("runtime").GetDouble()) / 1e3;
            seconds = inTurn ? seconds + took : Math.Max(seconds, took);
            var percent = job.GetProperty("usr_cpu").GetDouble() + job.GetProperty("sys_cpu").GetDouble();
            cpu += percent / 100 * job.GetProperty("job_runtime").GetDouble() / 1e3;       // the sum over its threads
        }
        return new Effort(seconds, cpu);
    }
}
