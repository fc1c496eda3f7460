using System.Globalization;
using System.Net;
using System.Text;

namespace Kcopyd.Benchmarks.Peers.Reports;

/// <summary>
/// A chart for a page, with bars for our library, our command, the fastest tool or loop, and C in each contest; the longest bar is the fastest. Its colors
/// follow the reader's light or dark mode.
/// </summary>
internal static class SvgChart
{
    private const int Columns = 2, ColumnWidth = 490, LabelWidth = 180, BarWidth = 210, BarHeight = 14, Step = 19, HeadHeight = 26, GroupGap = 16, Margin = 14;

    public static string Of(IReadOnlyList<Standings> all)
    {
        var groups = all.Select(standings => (standings, bars: Bars(standings)))
            .Where(group => group.bars.Count > 0 && group.standings.Contest.Amount > 0)
            .ToArray();
        var body = new StringBuilder();
        var bottoms = new int[Columns];
        Array.Fill(bottoms, Margin);
        foreach (var (standings, bars) in groups)
        {
            var column = Array.IndexOf(bottoms, bottoms.Min());
            Append(body, standings, bars, (column * ColumnWidth) + Margin, bottoms[column]);
            bottoms[column] += HeadHeight + (bars.Count * Step) + GroupGap;
        }
        var (width, height) = ((Columns * ColumnWidth) + Margin, bottoms.Max() + Margin);
        return $$"""
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {{width}} {{height}}" width="{{width}}" height="{{height}}"
             role="img" aria-label="kcopyd beside other tools: longer bars are faster">
            <style>
            text { font: 12px system-ui, sans-serif; fill: #24292f } .head { font-weight: 600 } .note { fill: #57606a }
            .library { fill: #0969da } .command { fill: #54aeff } .tool, .loop { fill: #afb8c1 } .floor { fill: #d4a72c }
            @media (prefers-color-scheme: dark) {
            text { fill: #e6edf3 } .note { fill: #8b949e }
            .library { fill: #388bfd } .command { fill: #1f6feb } .tool, .loop { fill: #6e7681 } .floor { fill: #9e6a03 }
            }
            </style>
            {{body}}</svg>

            """;
    }

    private static void Append(StringBuilder body, Standings standings, List<Entry> bars, int left, int top)
    {
        body.Append(CultureInfo.InvariantCulture, $"<text class=\"head\" x=\"{left}\" y=\"{top + 14}\">{Escape(standings.Contest.Title)}</text>\n");
        var fastest = bars.Min(entry => entry.Median);
        for (var i = 0; i < bars.Count; i++)
        {
            var y = top + HeadHeight + (i * Step);
            var length = Math.Max(1, (int)Math.Round(BarWidth * fastest / bars[i].Median));
            var kind = bars[i].Contender.Kind.ToString().ToLowerInvariant();
            body.Append(CultureInfo.InvariantCulture,
                $"<text x=\"{left + LabelWidth - 6}\" y=\"{y + 11}\" text-anchor=\"end\">{Escape(Short(bars[i].Contender.Name))}</text>");
            body.Append(CultureInfo.InvariantCulture,
                $"<rect class=\"{kind}\" x=\"{left + LabelWidth}\" y=\"{y}\" width=\"{length}\" height=\"{BarHeight}\" rx=\"2\"/>");
            body.Append(CultureInfo.InvariantCulture,
                $"<text class=\"note\" x=\"{left + LabelWidth + length + 5}\" y=\"{y + 11}\">{Rate(standings.Contest, bars[i])}</text>\n");
        }
    }

    private static List<Entry> Bars(Standings standings) =>
        [.. new[] { standings.Library, standings.Command, standings.FastestTool ?? standings.FastestLoop, standings.Floor }.OfType<Entry>()];

    private static string Rate(Contest contest, Entry entry) => contest.IsPairs
        ? string.Create(CultureInfo.InvariantCulture, $"{contest.Amount / entry.Median / 1e3:N1} k/s")
        : string.Create(CultureInfo.InvariantCulture, $"{contest.Amount / entry.Median / (1 << 20):N0} MiB/s");

    private static string Short(string name) => name.Length <= 27 ? name : $"{name[..26]}…";

    private static string Escape(string text) => WebUtility.HtmlEncode(text);
}
