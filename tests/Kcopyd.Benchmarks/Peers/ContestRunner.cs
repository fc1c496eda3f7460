using System.Diagnostics;

namespace Kcopyd.Benchmarks.Peers;

/// <summary>
/// Lets the contenders take turns, round after round after a warm-up; each round begins with another one, so that a drift of the machine's speed affects
/// all of them. A contender that fails, or leaves a wrong result, is listed without a figure.
/// </summary>
internal static class ContestRunner
{
    public static async Task<Standings> RunAsync(Contest contest, int rounds, TextWriter log, CancellationToken cancellationToken)
    {
        var clock = Stopwatch.StartNew();
        var entries = contest.Contenders.Select(contender => new Entry(contender) { Failure = contender.Missing }).ToArray();
        for (var round = -1; round < rounds; round++)
        {
            for (var i = 0; i < entries.Length; i++)
            {
                var entry = entries[(i + round + entries.Length) % entries.Length];
                if (entry.Failure is null)
                    await TakeTurnAsync(contest, entry, isWarmUp: round < 0, cancellationToken);
                if (entry.Failure is { } failure && round < 0 && entry.Contender.Missing is null)
                    await log.WriteLineAsync($"{contest.Name}: {entry.Contender.Name}: {failure}");
            }
            await log.WriteLineAsync($"{contest.Name}: {(round < 0 ? "warm-up" : $"round {round + 1} of {rounds}")}, {clock.Elapsed.TotalSeconds:F0} s");
        }
        return new Standings(contest, entries, clock.Elapsed.TotalSeconds);
    }

    private static async Task TakeTurnAsync(Contest contest, Entry entry, bool isWarmUp, CancellationToken cancellationToken)
    {
        contest.Prepare(isWarmUp, cancellationToken);
        try
        {
            var effort = await entry.Contender.RunAsync(cancellationToken);
            cancellationToken.ThrowIfCancellationRequested();
            if (entry.Contender.Copies)
                entry.Failure = contest.Check(isWarmUp, cancellationToken);
            if (isWarmUp)
                entry.Remark = contest.Remark();
            else
                entry.Efforts.Add(effort);
        }
        catch (Exception failed) when (failed is ContenderFailedException or IOException or UnauthorizedAccessException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            entry.Failure = failed.Message;
        }
    }
}

/// <summary>A contender and its results.</summary>
internal sealed record Entry(Contender Contender)
{
    public List<Effort> Efforts { get; } = [];

    /// <summary>Why it has no figure; null if it has.</summary>
    public string? Failure { get; set; }

    /// <summary>The remark on its copy in the warm-up.</summary>
    public string? Remark { get; set; }

    public double Median => Statistics.Median(Efforts.Select(effort => effort.Seconds));

    public double MedianCpu => Statistics.Median(Efforts.Select(effort => effort.CpuSeconds));

    public double? MedianAllocated => Efforts.All(effort => effort.AllocatedBytes is not null)
        ? Statistics.Median(Efforts.Select(effort => (double)effort.AllocatedBytes!))
        : null;
}
