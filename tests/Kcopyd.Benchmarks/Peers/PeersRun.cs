using Kcopyd.Benchmarks.Peers.Reports;
using Kcopyd.Benchmarks.Peers.Workloads;

namespace Kcopyd.Benchmarks.Peers;

/// <summary>A whole run: one contest after the other, each table as soon as it is complete, then the requested files.</summary>
internal static class PeersRun
{
    public static Task<int> RunAsync(PeersOptions options, IReadOnlyList<NamedWorkload> workloads) =>
        CleanRun.RunAsync((cleanup, cancellationToken) => RunAsync(options, workloads, cleanup, cancellationToken));

    private static async Task<int> RunAsync(PeersOptions options, IReadOnlyList<NamedWorkload> workloads, Cleanup cleanup, CancellationToken cancellationToken)
    {
        if (options.Docs is { } page)
            DocsPage.Require(page, "peers");
        var machine = await Machine.DescribeAsync(options, cancellationToken);
        await using var arena = await Arena.OpenAsync(options, cleanup, Console.Error, cancellationToken);
        var introduction =
            $"{machine}\nMedians of {options.Rounds} rounds after a warm-up; the contenders take turns, and every copy is compared with its source.\n";
        await Console.Out.WriteLineAsync(introduction);
        var all = new List<Standings>();
        foreach (var workload in workloads)
        {
            try
            {
                using var contest = await workload.CreateAsync(arena, cancellationToken);
                all.Add(await ContestRunner.RunAsync(contest, options.Rounds, Console.Error, cancellationToken));
            }
            catch (PeersException cannot)
            {
                await Console.Out.WriteLineAsync($"### `{workload.Name}`\n\nNot run: {cannot.Message}\n");
                continue;
            }
            await Console.Out.WriteLineAsync(MarkdownReport.Of(all[^1]));
        }
        var goals = MarkdownReport.Goals(all);
        await Console.Out.WriteLineAsync(goals);
        await WriteAsync(options, machine, all, [introduction, goals, .. all.Select(MarkdownReport.Of)]);
        return 0;
    }

    private static async Task WriteAsync(PeersOptions options, Machine machine, List<Standings> all, IEnumerable<string> tables)
    {
        if (options.Json is { } json)
            await File.WriteAllTextAsync(json, JsonReport.Of(machine, options, all));
        if (options.Svg is { } svg)
            await File.WriteAllTextAsync(svg, SvgChart.Of(all));
        if (options.Docs is { } page)
            DocsPage.Replace(page, "peers", string.Join('\n', tables));
    }
}
