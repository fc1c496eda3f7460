using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace Kcopyd.Actors.TestKit.Exploring;

/// <summary>
/// Shrinks a failing run: looks for the fewest faults that still make the test fail in the same way, then for an order of the steps that fails sooner.
/// </summary>
/// <remarks>The search for faults is delta debugging (Zeller and Hildebrandt, 2002): leave out ever smaller parts. A run with fewer faults is one that chance
/// could have had, so whatever fails is a failure.</remarks>
/// <param name="play">Runs the test with other options; null if it passes.</param>
/// <param name="runs">How many runs it may take.</param>
internal sealed class Shrinker(Func<SimulationOptions, FailedRun?> play, int runs)
{
    private const int MaxListed = 20;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);        // of real time: a developer waits for the result

    private readonly Stopwatch _watch = Stopwatch.StartNew();

    /// <summary>Shrinks the failing run of a seed.</summary>
    /// <returns>The report of the shrunk run, or why there is none.</returns>
    public static string Report(FailedRun first, Func<World, Task> test)
    {
        var seed = first.Seed;
        var shrinker = new Shrinker(options => SimulationRun.Try(seed, test, options, null, out var failed) is null ? failed : null, first.Options.ShrinkRuns);
        if (!shrinker.TryShrink(first, out var smallest, out var other))
        {
            return $"Shrinking has stopped: seed {seed} ran again and {(other is null ? "did not fail" : "failed in another way")}. Something in the test "
                + "depends on a clock, a thread, a hash order or a random number outside the simulation.";
        }
        if (ReferenceEquals(smallest, first))
            return string.Create(CultureInfo.InvariantCulture, $"Shrinking has found nothing smaller than {first.Size} in {shrinker.Used} runs.");
        SimulationRun.Try(seed, test, smallest.Options, SimulationRun.FileName(seed) + "-shrunk", out var report);
        return Explain(first, report ?? smallest, shrinker.Used);
    }

    /// <summary>The runs so far.</summary>
    public int Used { get; private set; }

    private bool IsOver => Used >= runs || _watch.Elapsed > Patience;

    /// <summary>Shrinks a failing run.</summary>
    /// <param name="first">The run.</param>
    /// <param name="smallest">The smallest one that was found; <paramref name="first"/> if there is none.</param>
    /// <param name="other">What the same run does when it runs again, if it does not fail in the same way.</param>
    /// <returns>False if the run does not replay.</returns>
    public bool TryShrink(FailedRun first, out FailedRun smallest, out FailedRun? other)
    {
        smallest = first;
        other = Play(first.Options);
        if (other is null || other.Kind != first.Kind)
            return false;
        smallest = FewestSteps(FewestFaults(first));
        return true;
    }

    private FailedRun FewestFaults(FailedRun best)
    {
        if (best.Faults.Count == 0)
            return best;
        if (TryOnly(best, []) is { } without)
            return without;
        for (var parts = 2; best.Faults.Count > 1 && !IsOver;)
        {
            var size = (best.Faults.Count + parts - 1) / parts;
            FailedRun? smaller = null;
            for (var i = 0; i < best.Faults.Count && smaller is null; i += size)
                smaller = TryOnly(best, [.. best.Faults.Take(i), .. best.Faults.Skip(i + size)]);
            if (smaller is not null)
            {
                best = smaller;
                parts = Math.Max(2, parts - 1);
            }
            else if (size == 1)
            {
                break;
            }
            else
            {
                parts = Math.Min(best.Faults.Count, parts * 2);
            }
        }
        return best;
    }

    private FailedRun FewestSteps(FailedRun best)
    {
        for (var schedule = 1; schedule <= runs / 3 && !IsOver; schedule++)
        {
            if (Fails(best, best.Options with { Schedule = schedule }) is { } run && run.IsSmallerThan(best))
                best = run;
        }
        return best;
    }

    // Without one fault, others may have become impossible: those that remain say it all.
    private FailedRun? TryOnly(FailedRun best, IEnumerable<InjectedFault> faults) =>
        Fails(best, Only(best.Options, faults)) is { } run ? run with { Options = Only(run.Options, run.Faults) } : null;

    private static SimulationOptions Only(SimulationOptions options, IEnumerable<InjectedFault> faults) =>
        options with { OnlyFaults = [.. faults.Select(static fault => fault.Name)] };

    private FailedRun? Fails(FailedRun like, SimulationOptions options) => Play(options) is { } run && run.Kind == like.Kind ? run : null;

    private FailedRun? Play(SimulationOptions options)
    {
        if (IsOver)
            return null;
        Used++;
        return play(options);
    }

    private static string Explain(FailedRun first, FailedRun smallest, int runs)
    {
        var text = new StringBuilder();
        text.AppendLine(CultureInfo.InvariantCulture, $"Shrunk in {runs} runs from {first.Size} to {smallest.Size}.");
        foreach (var fault in smallest.Faults.Take(MaxListed))
            text.AppendLine(CultureInfo.InvariantCulture, $"  {fault.At.TotalSeconds,12:f6} {fault}");
        if (smallest.Faults.Count > MaxListed)
            text.AppendLine(CultureInfo.InvariantCulture, $"  and {smallest.Faults.Count - MaxListed} more");
        return text.Append(smallest.Failure.Message).ToString();
    }
}
