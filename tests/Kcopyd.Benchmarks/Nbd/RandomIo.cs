using System.Globalization;
using System.Text.Json;
using Kcopyd.Benchmarks.Peers;

namespace Kcopyd.Benchmarks.Nbd;

/// <summary>fio on an NBD export: random I/O of 4 KiB, with a given number of requests in flight, timed by fio.</summary>
internal sealed record RandomIo(bool IsWrite, int Depth, long Size, long Count)
{
    private const int Block = 4096;

    public IReadOnlyList<string> Arguments(string uri) =>
    [
        "--output-format=json", "--name=random", "--ioengine=nbd", $"--uri={uri}", $"--rw={(IsWrite ? "randwrite" : "randread")}",
        "--bs=4k", $"--iodepth={Depth}", $"--size={Size}", "--norandommap", string.Create(CultureInfo.InvariantCulture, $"--io_size={Count * Block}"),
    ];

    public double Seconds(string output)
    {
        // fio prints that it is connected before its report.
        using var report = JsonDocument.Parse(output[output.IndexOf('{', StringComparison.Ordinal)..]);
        var job = report.RootElement.GetProperty("jobs")[0];
        var done = job.GetProperty(IsWrite ? "write" : "read");
        if (job.GetProperty("error").GetInt32() is var error and not 0)
            throw new ContenderFailedException($"fio: error {error}");
        return done.GetProperty("total_ios").GetInt64() is var ios && ios < Count
            ? throw new ContenderFailedException(string.Create(CultureInfo.InvariantCulture, $"fio did {ios} of {Count} I/Os"))
            : Math.Max(1, done.GetProperty("runtime").GetDouble()) / 1e3;
    }

    public async Task<Effort> RunAsync(string uri, CancellationToken cancellationToken)
    {
        var (effort, output) = await ToolRun.RunAsync([new ToolCommand("fio", Arguments(uri))], cancellationToken);
        return effort with { Seconds = Seconds(output) };
    }
}
