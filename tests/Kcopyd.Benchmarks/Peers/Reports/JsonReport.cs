using System.Text.Encodings.Web;
using System.Text.Json;

namespace Kcopyd.Benchmarks.Peers.Reports;

/// <summary>All measurements, round by round, for further computations.</summary>
internal static class JsonReport
{
    private static readonly JsonSerializerOptions s_options = new()
    {
        WriteIndented = true,
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public static string Of(Machine machine, PeersOptions options, IEnumerable<Standings> all) => JsonSerializer.Serialize(new
    {
        machine,
        options,
        contests = all.Select(standings => new
        {
            standings.Contest.Name,
            standings.Contest.Title,
            standings.Contest.Includes,
            standings.Contest.Amount,
            Unit = standings.Contest.IsPairs ? "pairs" : "bytes",
            Ratios = MarkdownReport.Ratios(standings).Where(ratio => !double.IsNaN(ratio.Value)).ToDictionary(ratio => ratio.Name, ratio => ratio.Value),
            Goals = standings.Contest.Goals.Select(goal => new { Rival = goal.Rival.ToString(), goal.Ratio }),
            Contenders = standings.Entries.Select(entry => new
            {
                entry.Contender.Name,
                Kind = entry.Contender.Kind.ToString(),
                entry.Contender.Counts,
                entry.Contender.Note,
                entry.Remark,
                entry.Failure,
                Median = entry.Failure is null ? entry.Median : (double?)null,
                Rounds = entry.Failure is null ? entry.Efforts : [],
            }),
        }),
    }, s_options);
}
