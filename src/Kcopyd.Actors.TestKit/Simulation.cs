using Kcopyd.Actors.TestKit.Exploring;

namespace Kcopyd.Actors.TestKit;

/// <summary>Runs tests in simulated worlds.</summary>
public static class Simulation
{
    private const int ReportedFailures = 5;

    /// <summary>Runs a test in a world of its own, on the calling thread.</summary>
    /// <param name="seed">Decides everything that chance decides.</param>
    /// <param name="test">The test. Its awaits continue in the simulation. The run ends when its task does.</param>
    /// <param name="options">How it runs; the defaults if null.</param>
    /// <returns>What the run was.</returns>
    /// <exception cref="SimulationFailedException">The test failed, or could not end. The message has the seed, the options, the last steps and the story, and
    /// names the files of the report if <see cref="SimulationOptions.ReportFolder"/> is set.</exception>
    public static SimulationResult Run(int seed, Func<World, Task> test, SimulationOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(test);
        return SimulationRun.Try(seed, test, options ?? new SimulationOptions(), SimulationRun.FileName(seed), out var failed) ?? throw failed!.Failure;
    }

    /// <summary>Runs a test under many seeds, and the first ones twice, to see that they replay. The environment variable KCOPYD_SIMULATION_SEED names the only
    /// seed that runs, and KCOPYD_SIMULATION_SEEDS how many run.</summary>
    /// <param name="firstSeed">The first seed.</param>
    /// <param name="count">How many.</param>
    /// <param name="test">The test.</param>
    /// <param name="options">How it runs; the defaults if null.</param>
    /// <param name="replays">How many seeds run twice.</param>
    /// <returns>What the runs were, in the order of their seeds.</returns>
    /// <exception cref="FormatException">An environment variable is not a number of seeds.</exception>
    /// <exception cref="SimulationFailedException">A test failed, or a second run differed from the first. The message names the seeds.</exception>
    public static IReadOnlyList<SimulationResult> RunMany(
        int firstSeed, int count, Func<World, Task> test, SimulationOptions? options = null, int replays = 3)
    {
        ArgumentNullException.ThrowIfNull(test);
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(replays);
        (firstSeed, count, options) = SeedVariables.Apply(firstSeed, count, options);
        List<SimulationResult> results = [];
        List<FailedRun> failures = [];
        List<string> differences = [];
        for (var seed = firstSeed; seed < firstSeed + count; seed++)
        {
            var files = failures.Count < ReportedFailures ? SimulationRun.FileName(seed) : null;
            if (SimulationRun.Try(seed, test, options, files, out var failed) is not { } result)
                failures.Add(failed!);
            else if (results.Count < replays && Replay.Difference(result, test, options) is { } difference)
                differences.Add(difference);
            else
                results.Add(result);
        }
        if (failures.Count == 0 && differences.Count == 0)
            return results;
        var message = $"{failures.Count + differences.Count} of {count} seeds failed.{Environment.NewLine}"
            + string.Join(Environment.NewLine, failures.Select(static failure => failure.Failure.Message).Concat(differences).Take(ReportedFailures));
        if (failures is [{ Options.CanShrink: true } first, ..])
            message += Environment.NewLine + Shrinker.Report(first, test);
        throw new SimulationFailedException(message, failures.Count > 0 ? failures[0].Failure : null);
    }
}
