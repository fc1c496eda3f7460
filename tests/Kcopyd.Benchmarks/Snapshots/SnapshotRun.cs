using Kcopyd.Benchmarks.Peers;
using Kcopyd.Benchmarks.Peers.Reports;

namespace Kcopyd.Benchmarks.Snapshots;

/// <summary>A whole run: one part after the other, each table as soon as it is complete, then the requested files.</summary>
internal static class SnapshotRun
{
    private const string Command = "snapshot";

    public static IReadOnlyList<string> Parts { get; } = ["shortcut", "fresh", "opening"];

    public static Task<int> RunAsync(SnapshotBenchOptions options) =>
        CleanRun.RunAsync((cleanup, cancellationToken) => RunAsync(options, cleanup, cancellationToken));

    private static async Task<int> RunAsync(SnapshotBenchOptions options, Cleanup cleanup, CancellationToken cancellationToken)
    {
        if (options.Docs is { } page)
            DocsPage.Require(page, Command);
        var machine = await Machine.DescribeAsync(new PeersOptions { Tmpfs = options.Tmpfs, Disk = options.Disk }, cancellationToken);
        await using var arena = new SnapshotArena(options, cleanup);
        var tables = new List<string>();
        var results = new SnapshotResults();
        await TellAsync(
            $"{machine}\nMedians of {options.Rounds} rounds after a warm-up; the contenders take turns, and what a snapshot was given is read back.\n");
        if (options.Has("shortcut"))
        {
            await TellAsync(ShortcutTable.Of(results.Counted = await CountedRun.RunAllAsync(arena, cancellationToken)));
            await TellAsync(ShortcutTable.Of(results.Shortcut = await ShortcutPart.RunAsync(arena, cancellationToken)));
        }
        if (options.Has("fresh"))
        {
            await TellAsync(FreshPart.Introduction);
            await foreach (var standings in FreshPart.RunAsync(arena, cancellationToken))
            {
                results.Fresh.Add(standings);
                await TellAsync(FreshPart.Table(standings));
            }
        }
        if (options.Has("opening"))
            await TellAsync(Opening.Table(results.Openings = await Opening.RunAllAsync(arena, cancellationToken)));
        if (options.Json is { } json)
            await File.WriteAllTextAsync(json, SnapshotJson.Of(machine, options, results), cancellationToken);
        if (options.Docs is { } docs)
            DocsPage.Replace(docs, Command, string.Join('\n', tables));
        return 0;

        Task TellAsync(string table)
        {
            tables.Add(table);
            return Console.Out.WriteLineAsync(table);
        }
    }
}

/// <summary>The measurements; empty for parts that were not requested.</summary>
internal sealed class SnapshotResults
{
    public IReadOnlyList<CountedRun> Counted { get; set; } = [];

    public IReadOnlyList<Standings> Shortcut { get; set; } = [];

    public List<Standings> Fresh { get; } = [];

    public IReadOnlyList<Opening> Openings { get; set; } = [];
}
