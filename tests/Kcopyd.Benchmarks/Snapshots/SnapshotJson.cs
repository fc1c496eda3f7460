using System.Text.Encodings.Web;
using System.Text.Json;
using Kcopyd.Benchmarks.Peers;
using Kcopyd.Benchmarks.Peers.Reports;

namespace Kcopyd.Benchmarks.Snapshots;

/// <summary>All measurements, round by round.</summary>
internal static class SnapshotJson
{
    private static readonly JsonSerializerOptions s_options = new()
    {
        WriteIndented = true,
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public static string Of(Machine machine, SnapshotBenchOptions options, SnapshotResults results) => JsonSerializer.Serialize(new
    {
        machine,
        options,
        results.Counted,
        Shortcut = results.Shortcut.Select(standings => new
        {
            Contest = Contest(standings, (standings.Contest as ShortcutContest)!.CountsOf),
            ((ShortcutContest)standings.Contest).KernelRatio,
            Ratios = ShortcutTable.Ratios(standings),
        }),
        Fresh = results.Fresh.Select(standings => Contest(standings, static _ => null)),
        results.Openings,
    }, s_options);

    private static object Contest(Standings standings, Func<Entry, ShortcutCounts?> counts) => new
    {
        standings.Contest.Name,
        standings.Contest.Title,
        standings.Contest.Includes,
        standings.Contest.Amount,
        Contenders = standings.Entries.Select(entry => new
        {
            entry.Contender.Name,
            Kind = entry.Contender.Kind.ToString(),
            entry.Contender.Note,
            entry.Failure,
            Median = entry.Failure is null ? entry.Median : (double?)null,
            Rounds = entry.Failure is null ? entry.Efforts : [],
            Counts = counts(entry),
        }),
    };
}
