using System.Globalization;
using System.Text;

namespace Kcopyd.Benchmarks.Peers.Reports;

/// <summary>The tables as Markdown, for the terminal and for pages.</summary>
internal static class MarkdownReport
{
    public static string Of(Standings standings)
    {
        var contest = standings.Contest;
        var text = new StringBuilder($"### {contest.Title} (`{contest.Name}`)\n\n{contest.Includes}\n\n");
        var rows = new List<string[]> { contest.IsPairs
            ? ["contender", "median", "min", "max", "k pairs/s", "× fastest tool", "CPU µs/pair", "B/pair", ""]
            : ["contender", "median", "min", "max", "MiB/s", "× fastest tool", "CPU s", ""] };
        foreach (var entry in standings.Ranked)
            rows.Add([.. Row(standings, entry)]);
        text.AppendTable(rows);
        foreach (var entry in standings.Entries.Where(entry => entry.Failure is not null))
            text.Append(CultureInfo.InvariantCulture, $"\nNo figure for {entry.Contender.Name}: {entry.Failure}\n");
        var ratios = string.Join(", ", Ratios(standings).Where(ratio => !double.IsNaN(ratio.Value)).Select(ratio => $"{ratio.Name} {Figure(ratio.Value)}"));
        return text.Append(ratios.Length == 0 ? "" : $"\n{char.ToUpperInvariant(ratios[0])}{ratios[1..]}.\n").ToString();
    }

    /// <summary>The goals, and the ratios that were reached.</summary>
    public static string Goals(IEnumerable<Standings> all)
    {
        var text = new StringBuilder("### Goals\n\n");
        var rows = new List<string[]> { new[] { "work", "library beside", "goal", "reached", "" } };
        foreach (var standings in all)
        {
            foreach (var goal in standings.Contest.Goals)
            {
                var rival = standings[goal.Rival];
                var reached = Standings.Ratio(standings.Library, rival);
                rows.Add([standings.Contest.Title, rival?.Contender.Name ?? "-", $"{Figure(goal.Ratio)} ×",
                    double.IsNaN(reached) ? "-" : $"{Figure(reached)} ×", reached >= goal.Ratio ? "yes" : "no"]);
            }
        }
        text.AppendTable(rows);
        return rows.Count == 1 ? "" : text.ToString();
    }

    /// <summary>The medians of the ratios round by round; above 1, ours is faster.</summary>
    public static IEnumerable<(string Name, double Value)> Ratios(Standings standings)
    {
        foreach (var (who, entry) in new[] { ("library", standings.Library), ("command", standings.Command) })
        {
            yield return ($"{who} / fastest tool", Standings.Ratio(entry, standings.FastestTool));
            yield return ($"{who} / C", Standings.Ratio(entry, standings.Floor));
            yield return ($"{who} / fastest loop", Standings.Ratio(entry, standings.FastestLoop));
        }
    }

    private static IEnumerable<string> Row(Standings standings, Entry entry)
    {
        var contest = standings.Contest;
        var contender = entry.Contender;
        yield return contender.Kind is ContenderKind.Library or ContenderKind.Command ? $"**{contender.Name}**" : contender.Name;
        yield return Time(entry.Median);
        yield return Time(entry.Efforts.Min(effort => effort.Seconds));
        yield return Time(entry.Efforts.Max(effort => effort.Seconds));
        yield return contest.Amount == 0 ? "-"
            : contest.IsPairs ? Figure(contest.Amount / entry.Median / 1e3)
            : (contest.Amount / entry.Median / (1 << 20)).ToString("N0", CultureInfo.InvariantCulture);
        yield return standings.FastestTool is { } fastest ? Figure(Standings.Ratio(entry, fastest)) : "-";
        if (contest.IsPairs)
        {
            yield return Figure(entry.MedianCpu / contest.Amount * 1e6);
            yield return entry.MedianAllocated is { } allocated ? (allocated / contest.Amount).ToString("N1", CultureInfo.InvariantCulture) : "";
        }
        else
        {
            yield return entry.MedianCpu.ToString("N3", CultureInfo.InvariantCulture);
        }
        yield return string.Join("; ", new[] { contender.Note, entry.Remark }.Where(each => !string.IsNullOrEmpty(each)));
    }

    public static string Time(double seconds) => seconds < 0.1
        ? $"{(seconds * 1e3).ToString("N1", CultureInfo.InvariantCulture)} ms"
        : $"{seconds.ToString("N3", CultureInfo.InvariantCulture)} s";

    public static string Figure(double value) => value.ToString(Math.Abs(value) >= 100 ? "N0" : "N2", CultureInfo.InvariantCulture);
}
