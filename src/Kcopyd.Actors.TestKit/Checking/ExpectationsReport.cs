using System.Globalization;
using System.Text;

namespace Kcopyd.Actors.TestKit.Checking;

/// <summary>The kinds of expectations.</summary>
public enum ExpectationKind
{
    /// <summary>The condition holds at every evaluation.</summary>
    Always,
    /// <summary>The condition holds at some evaluation of some run.</summary>
    Sometimes,
    /// <summary>The condition holds within a time.</summary>
    EventuallyWithin,
}

/// <summary>An expectation that was not met.</summary>
/// <param name="Name">The name of the expectation.</param>
/// <param name="Kind">Its kind.</param>
/// <param name="At">The virtual time of the evaluation that found it.</param>
/// <param name="Reason">What was found.</param>
/// <param name="Run">The name of the run; empty if it has none.</param>
public sealed record ExpectationViolation(string Name, ExpectationKind Kind, TimeSpan At, string Reason, string Run = "")
{
    /// <summary>The violation in one line.</summary>
    public override string ToString() => $"{Kind} '{Name}': {Reason}, at {Text.Time(At)}{(Run.Length == 0 ? "" : $" of run {Run}")}";
}

/// <summary>What became of an expectation in one or more runs.</summary>
/// <param name="Name">The name of the expectation.</param>
/// <param name="Kind">Its kind.</param>
/// <param name="Evaluations">The number of evaluations.</param>
/// <param name="Hits">The number of evaluations at which the condition held, plus the calls of <see cref="Expectations.Reached"/>.</param>
/// <param name="Unfinished">The number of runs that ended while the time was running.</param>
public sealed record ExpectationSummary(string Name, ExpectationKind Kind, long Evaluations, long Hits, int Unfinished);

/// <summary>What one or more runs showed.</summary>
/// <param name="Runs">The number of runs.</param>
/// <param name="Summaries">The expectations, in the order of their first declaration.</param>
/// <param name="Violations">The violations, run by run.</param>
public sealed record ExpectationsReport(int Runs, IReadOnlyList<ExpectationSummary> Summaries, IReadOnlyList<ExpectationViolation> Violations)
{
    /// <summary>The expectations of the kind <see cref="ExpectationKind.Sometimes"/> that no run has met.</summary>
    public IEnumerable<string> NeverTrue =>
        Summaries.Where(summary => summary is { Kind: ExpectationKind.Sometimes, Hits: 0 }).Select(summary => summary.Name);

    /// <summary>True if nothing was violated and every condition that must hold sometimes did.</summary>
    public bool IsMet => Violations.Count == 0 && !NeverTrue.Any();

    /// <summary>Combines the reports of several runs, in their order.</summary>
    /// <param name="reports">The reports.</param>
    /// <exception cref="ArgumentException">Two reports have expectations of one name and different kinds.</exception>
    public static ExpectationsReport Merge(IEnumerable<ExpectationsReport> reports)
    {
        ArgumentNullException.ThrowIfNull(reports);
        var runs = 0;
        List<ExpectationSummary> summaries = [];
        Dictionary<string, int> indexes = [];
        List<ExpectationViolation> violations = [];
        foreach (var report in reports)
        {
            runs += report.Runs;
            violations.AddRange(report.Violations);
            foreach (var summary in report.Summaries)
            {
                if (indexes.TryAdd(summary.Name, summaries.Count))
                {
                    summaries.Add(summary);
                    continue;
                }
                var index = indexes[summary.Name];
                var sum = summaries[index];
                if (sum.Kind != summary.Kind)
                {
                    throw new ArgumentException($"'{summary.Name}' is of the kind {sum.Kind} in one report and {summary.Kind} in another: merge reports of " +
                        "the same expectations only.", nameof(reports));
                }
                summaries[index] = sum with
                {
                    Evaluations = sum.Evaluations + summary.Evaluations,
                    Hits = sum.Hits + summary.Hits,
                    Unfinished = sum.Unfinished + summary.Unfinished,
                };
            }
        }
        return new(runs, summaries, violations);
    }

    /// <summary>The report, for people: one line for each expectation, then the violations.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{Runs} {(Runs == 1 ? "run" : "runs")}, {Violations.Count} violations");
        foreach (var summary in Summaries)
        {
            text.Append(CultureInfo.InvariantCulture, $"\n  {summary.Kind} '{summary.Name}': true at {summary.Hits} of {summary.Evaluations} evaluations");
            if (summary is { Kind: ExpectationKind.Sometimes, Hits: 0 })
                text.Append(", NEVER TRUE");
            if (summary.Unfinished > 0)
                text.Append(CultureInfo.InvariantCulture, $", unfinished in {summary.Unfinished} runs");
        }
        foreach (var violation in Violations)
            text.Append('\n').Append(violation);
        return text.ToString();
    }
}
