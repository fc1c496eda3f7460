namespace Kcopyd.Benchmarks.Peers;

/// <summary>The results of a contest.</summary>
internal sealed class Standings(Contest contest, IReadOnlyList<Entry> entries, double seconds)
{
    public Contest Contest => contest;

    /// <summary>All contenders, including those that failed.</summary>
    public IReadOnlyList<Entry> Entries => entries;

    /// <summary>The duration of the whole contest, including its preparations.</summary>
    public double Seconds => seconds;

    public IEnumerable<Entry> Ranked => entries.Where(entry => entry.Failure is null).OrderBy(entry => entry.Median);

    public Entry? Library => Best(ContenderKind.Library);

    public Entry? Command => Best(ContenderKind.Command);

    public Entry? Floor => Best(ContenderKind.Floor);

    public Entry? FastestTool => Best(ContenderKind.Tool);

    public Entry? FastestLoop => Best(ContenderKind.Loop);

    public Entry? this[Rival rival] => rival switch
    {
        Rival.FastestTool => FastestTool,
        Rival.Floor => Floor,
        _ => FastestLoop,
    };

    /// <summary>How many times as fast one is as the other: the median of the ratios round by round. NaN if either is missing.</summary>
    public static double Ratio(Entry? one, Entry? other) => one is null || other is null
        ? double.NaN
        : Statistics.Median(one.Efforts.Zip(other.Efforts, (mine, theirs) => theirs.Seconds / mine.Seconds));

    private Entry? Best(ContenderKind kind) => Ranked.FirstOrDefault(entry => entry.Contender.Kind == kind && entry.Contender.Counts);
}

internal static class Statistics
{
    public static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return sorted.Length == 0 ? double.NaN : (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }
}
