using System.Globalization;
using System.Text.Json;
using Kcopyd.Benchmarks.Peers;

namespace Kcopyd.Benchmarks.Snapshots;

/// <summary>fio writing 4 KiB blocks, each once, over an NBD connection on a Unix socket; timed by fio, in whole milliseconds.</summary>
internal static class NbdFio
{
    public static IReadOnlyList<string> Arguments(string uri, Load load, bool scattered, int flushEvery) =>
    [
        "--output-format=json", "--name=fresh", "--ioengine=nbd", $"--uri={uri}", $"--rw={(scattered ? "randwrite" : "write")}", "--bs=4k",
        $"--iodepth={load.Depth}", $"--io_size={load.Bytes}", .. flushEvery > 0 ? (string[])[$"--fsync={flushEvery}"] : [],
    ];

    public static double Seconds(string output, Load load)
    {
        // Warnings may precede the report.
        using var report = JsonDocument.Parse(output[output.IndexOf('{', StringComparison.Ordinal)..]);
        var job = report.RootElement.GetProperty("jobs")[0];
        var write = job.GetProperty("write");
        if (job.GetProperty("error").GetInt32() is var error and not 0)
            throw new ContenderFailedException($"fio: error {error}");
        if (write.GetProperty("io_bytes").GetInt64() is var bytes && bytes != load.Bytes)
            throw new ContenderFailedException(string.Create(CultureInfo.InvariantCulture, $"fio wrote {bytes} of {load.Bytes} bytes"));
        return Math.Max(1, write.GetProperty("runtime").GetDouble()) / 1e3;
    }
}
