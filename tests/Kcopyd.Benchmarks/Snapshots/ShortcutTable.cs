using System.Globalization;
using System.Text;
using Kcopyd.Benchmarks.Peers;
using Kcopyd.Benchmarks.Peers.Reports;

namespace Kcopyd.Benchmarks.Snapshots;

/// <summary>The tables of what the shortcut saves: times, and the I/O that reached the devices.</summary>
internal static class ShortcutTable
{
    public static string Of(IReadOnlyList<Standings> all)
    {
        var text = new StringBuilder("### Whole-chunk writes to fresh snapshots, chunks of 4 KiB\n\n");
        text.Append("Persistent stores. Timed: the writes of one writer to a snapshot that was just made, and its flushes; not making or opening it. MB are ")
            .Append("10^6 bytes. The ratio is the median of the ratios round by round; above 1, the shortcut is faster. \"kernel\" is the ratio that the ")
            .Append("kernel's change of 2011 achieved on its disk. tmpfs: everything is in memory, flushes cost nothing. Disk: O_DIRECT for origin and ")
            .Append("store, neither in the page cache, and each commit flushes the disk twice, before and after the record. Free flush: the same disk, but ")
            .Append("a flush completes immediately, as with a cache that has a battery.\n\n");
        var rows = new List<string[]> { new[] { "writer", "place", "reads the origin", "skips it", "ratio", "min", "max", "kernel", "" } };
        foreach (var standings in all)
            rows.Add(Row(standings));
        text.AppendTable(rows, textColumns: 2);
        text.Append("\nWhat reached the devices in the last round (reads the origin → skips it):\n\n");
        rows = [["writer", "place", "origin reads", "origin MiB read", "store writes", "store MiB written", "store flushes", "what it stands for"]];
        foreach (var standings in all)
            rows.Add(Counts(standings));
        text.AppendTable(rows, textColumns: 2);
        return text.Append('\n').ToString();
    }

    public static string Of(IReadOnlyList<CountedRun> runs)
    {
        var text = new StringBuilder("### What reaches the devices, counted\n\n");
        foreach (var run in runs)
        {
            var (origin, cow) = run.Counts;
            text.Append(CultureInfo.InvariantCulture, $"- {run.What}{(run.Shortcut ? "" : ", shortcut off")}: ")
                .Append(CultureInfo.InvariantCulture, $"{origin.Reads} origin reads ({origin.ReadBytes >> 10} KiB); store: {cow.Reads} reads, ")
                .Append(CultureInfo.InvariantCulture, $"{cow.Writes} writes ({cow.WrittenBytes >> 10} KiB), {cow.Flushes} flushes.\n");
        }
        return text.Append('\n').ToString();
    }

    public static IEnumerable<double> Ratios(Standings standings)
    {
        return ShortcutContest.Reads(standings).Efforts.Zip(ShortcutContest.Skips(standings).Efforts, (reads, skips) => reads.Seconds / skips.Seconds);
    }

    private static string[] Row(Standings standings)
    {
        var contest = (ShortcutContest)standings.Contest;
        var (reads, skips) = (ShortcutContest.Reads(standings), ShortcutContest.Skips(standings));
        if ((reads.Failure ?? skips.Failure) is { } failure)
            return [contest.Load.Title, contest.Place.Name, "-", "-", "-", "-", "-", MarkdownReport.Figure(contest.KernelRatio), failure];
        var ratios = Ratios(standings).ToArray();
        return [contest.Load.Title, contest.Place.Name, Speed(contest, reads), Speed(contest, skips), MarkdownReport.Figure(Statistics.Median(ratios)),
            MarkdownReport.Figure(ratios.Min()), MarkdownReport.Figure(ratios.Max()), MarkdownReport.Figure(contest.KernelRatio),
            Statistics.Median(ratios) >= contest.KernelRatio ? "reached" : ""];
    }

    private static string[] Counts(Standings standings)
    {
        var contest = (ShortcutContest)standings.Contest;
        var (reads, skips) = (contest.CountsOf(ShortcutContest.Reads(standings)), contest.CountsOf(ShortcutContest.Skips(standings)));
        return [contest.Load.Title, contest.Place.Name,
            Both(counts => counts.Origin.Reads), Both(counts => counts.Origin.ReadBytes >> 20),
            Both(counts => counts.Cow.Writes), Both(counts => counts.Cow.WrittenBytes >> 20), Both(counts => counts.Cow.Flushes), contest.Load.Description];

        string Both(Func<ShortcutCounts, long> what) => $"{One(reads, what)} → {One(skips, what)}";
        string One(ShortcutCounts? counts, Func<ShortcutCounts, long> what) => counts is null ? "-" : what(counts).ToString("N0", CultureInfo.InvariantCulture);
    }

    private static string Speed(ShortcutContest contest, Entry entry) => contest.Load.Name == "mkfs"
        ? MarkdownReport.Time(entry.Median)
        : $"{(contest.Amount / entry.Median / 1e6).ToString("N1", CultureInfo.InvariantCulture)} MB/s";
}
