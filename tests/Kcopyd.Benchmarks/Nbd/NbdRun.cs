using System.Globalization;
using System.Text;
using Kcopyd.Benchmarks.Peers;
using Kcopyd.Benchmarks.Peers.Reports;
using Kcopyd.Benchmarks.Snapshots;

namespace Kcopyd.Benchmarks.Nbd;

/// <summary>One run of <c>nbd</c>.</summary>
internal static class NbdRun
{
    private const string Command = "nbd";

    public static IReadOnlyList<string> Parts { get; } = ["servers", "snapshot", "mounted", "greedy"];

    public static Task<int> RunAsync(SnapshotBenchOptions options) =>
        CleanRun.RunAsync((cleanup, cancellationToken) => RunAsync(options, cleanup, cancellationToken));

    private static async Task<int> RunAsync(SnapshotBenchOptions options, Cleanup cleanup, CancellationToken cancellationToken)
    {
        if (options.Docs is { } page)
            DocsPage.Require(page, Command);
        var machine = await Machine.DescribeAsync(new PeersOptions { Tmpfs = options.Tmpfs, Disk = options.Disk }, cancellationToken);
        await using var arena = new SnapshotArena(options, cleanup);
        var tables = new List<string>();
        await TellAsync($"{machine}\nMedians of {options.Rounds} rounds after a warm-up; the contenders take turns.\n");
        if (options.Has("servers"))
        {
            await TellAsync("### A server of a plain device\n");
            foreach (var depth in new[] { 32, 1 })
            {
                foreach (var isWrite in new[] { true, false })
                {
                    using var contest = ServersContest.Create(arena, isWrite, depth, cancellationToken);
                    await TellAsync(Rates(await ContestRunner.RunAsync(contest, options.Rounds, Console.Error, cancellationToken)));
                }
            }
        }
        if (options.Has("snapshot"))
        {
            await TellAsync("### A snapshot\n\nFresh chunks of 4 KiB over NBD, all written by fio. nbdkit's overlay is a deleted file in the page cache, "
                + "with blocks of the size of our chunks, and of its default size; qcow2 has clusters of 4 KiB.\n");
            foreach (var place in new[] { Place.Tmpfs(options), Place.Disk(options) })
            {
                foreach (var scattered in new[] { false, true })
                {
                    using var contest = FreshContest.Create(arena, place, scattered, depth: 32, cancellationToken, overNbdOnly: true);
                    await TellAsync(Rates(await ContestRunner.RunAsync(contest, options.Rounds, Console.Error, cancellationToken)));
                }
            }
        }
        if (options.Has("mounted"))
            await TellAsync(await MountedAsync(arena, cancellationToken));
        if (options.Has("greedy"))
        {
            var text = new StringBuilder("### A quiet client beside greedy ones\n\n"
                + "It reads 4 KiB 200 times a second, one at a time. All clients are fio on this machine's two processors; the greedy ones run at nice 19, so "
                + "that the quiet client waits for the server and not for a processor.\n\n");
            text.AppendTable([.. QuietRun.Rows(await QuietRun.RunAllAsync(arena, cancellationToken))]);
            await TellAsync(text.ToString());
        }
        if (options.Docs is { } docs)
            DocsPage.Replace(docs, Command, string.Join('\n', tables));
        return 0;

        Task TellAsync(string table)
        {
            tables.Add(table);
            return Console.Out.WriteLineAsync(table);
        }
    }

    private static async Task<string> MountedAsync(SnapshotArena arena, CancellationToken cancellationToken)
    {
        var rows = new List<string[]> { new[] { "writer", "place", "reads the origin", "skips it", "× as fast", "the kernel's change had" } };
        foreach (var place in new[] { Place.Tmpfs(arena.Options), Place.Disk(arena.Options), Place.StableDisk(arena.Options) })
        {
            foreach (var (writer, kernel, command) in MountedContest.Writers(arena.Options.Size))
            {
                using var contest = MountedContest.Create(arena, place, writer, command, cancellationToken);
                var standings = await ContestRunner.RunAsync(contest, arena.Options.Rounds, Console.Error, cancellationToken);
                var (reads, skips) = (standings.Entries[0], standings.Entries[1]);
                rows.Add(reads.Failure is null && skips.Failure is null
                    ?
                    [
                        writer, place.Name, Seconds(reads.Median), Seconds(skips.Median),
                        MarkdownReport.Figure(Standings.Ratio(skips, reads)), MarkdownReport.Figure(kernel),
                    ]
                    : [writer, place.Name, reads.Failure ?? "", skips.Failure ?? "", "-", MarkdownReport.Figure(kernel)]);
            }
        }
        var text = new StringBuilder("### Real programs on a snapshot through nbdfuse\n\n"
            + "Chunks of 4 KiB, a persistent store; timed from the program's start to its end.\n\n");
        text.AppendTable(rows);
        return text.ToString();
    }

    private static string Seconds(double seconds) => string.Create(CultureInfo.InvariantCulture, $"{seconds:F2} s");

    private static string Rates(Standings standings)
    {
        var contest = standings.Contest;
        var text = new StringBuilder($"#### {contest.Title}\n\n{contest.Includes}\n\n");
        var rows = new List<string[]> { new[] { "server", "k/s", "min", "max", "× fastest other", "" } };
        foreach (var entry in standings.Ranked)
        {
            var isOurs = entry.Contender.Kind == ContenderKind.Library;
            rows.Add([isOurs ? $"**{entry.Contender.Name}**" : entry.Contender.Name, Rate(entry.Median),
                Rate(entry.Efforts.Max(effort => effort.Seconds)), Rate(entry.Efforts.Min(effort => effort.Seconds)),
                MarkdownReport.Figure(Standings.Ratio(entry, standings.FastestTool)), entry.Contender.Note]);
        }
        text.AppendTable(rows);
        foreach (var entry in standings.Entries.Where(entry => entry.Failure is not null))
            text.Append(CultureInfo.InvariantCulture, $"\nNo figure for {entry.Contender.Name}: {entry.Failure}\n");
        return text.ToString();

        string Rate(double seconds) => (contest.Amount / seconds / 1e3).ToString("F1", CultureInfo.InvariantCulture);
    }
}
