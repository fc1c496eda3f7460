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
        return Run(seed, test, options, writesFiles: true);
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
        (firstSeed, count) = SeedVariables.Apply(firstSeed, count);
        List<SimulationResult> results = [];
        List<SimulationFailedException> failures = [];
        for (var i = 0; i < count; i++)
        {
            try
            {
                results.Add(Run(firstSeed + i, test, options, writesFiles: failures.Count < ReportedFailures));
                if (i < replays)
                    CheckReplay(results[^1], test, options);
            }
            catch (SimulationFailedException failure)
            {
                failures.Add(failure);
            }
        }
        if (failures.Count == 0)
            return results;
        throw new SimulationFailedException(
            $"{failures.Count} of {count} seeds failed.{Environment.NewLine}"
            + string.Join(Environment.NewLine, failures.Take(ReportedFailures).Select(static failure => failure.Message)),
            failures[0]);
    }

    private static SimulationResult Run(int seed, Func<World, Task> test, SimulationOptions? options, bool writesFiles)
    {
        using var world = new World(seed, options);
        try
        {
            Play(world, test);
            return new SimulationResult(seed, world.Steps, world.Now, world.Hash);
        }
        catch (Exception failure)
        {
            throw FailureReport.Explain(world, failure, writesFiles);
        }
    }

    private static void Play(World world, Func<World, Task> test)
    {
        var options = world.Options;
        Task? task = null;
        world.Engine.Add(null, () => { task = test(world); });
        while (task is not { IsCompleted: true })
        {
            if (world.Steps >= options.MaxSteps)
                throw new SimulationFailedException($"The test has not ended after {world.Steps:n0} steps. Raise {nameof(options.MaxSteps)} if it needs more.");
            if (world.Engine.RunOne(options.MaxTime))
                continue;
            throw new SimulationFailedException(world.Engine.HasTimers
                ? $"The test has not ended after {options.MaxTime} of simulated time. Raise {nameof(options.MaxTime)} if it needs more."
                : "Deadlock: the test waits, and nothing can happen anymore.");
        }
        task.GetAwaiter().GetResult();
        world.Engine.ThrowIfFailed();
    }

    private static void CheckReplay(SimulationResult first, Func<World, Task> test, SimulationOptions? options)
    {
        var second = Run(first.Seed, test, options);
        if (second == first)
            return;
        // Once more, twice, with every step: the histories are too long to be kept by default.
        var recorded = (options ?? new SimulationOptions()) with { RecordsEveryStep = true };
        var (one, other) = (Record(first.Seed, test, recorded), Record(first.Seed, test, recorded));
        var same = one.Zip(other).TakeWhile(static pair => pair.First == pair.Second).Count();
        throw new SimulationFailedException(
            $"Seed {first.Seed} does not replay: something in the test depends on a clock, a thread, a hash order or a random number outside the simulation. "
            + (same < Math.Max(one.Count, other.Count)
                ? $"The first difference is at step {same}:{Environment.NewLine}  {one.ElementAtOrDefault(same) ?? "(ended)"}"
                    + $"{Environment.NewLine}  {other.ElementAtOrDefault(same) ?? "(ended)"}"
                : "Two further runs were the same."));
    }

    private static IReadOnlyList<string> Record(int seed, Func<World, Task> test, SimulationOptions options)
    {
        using var world = new World(seed, options);
        try
        {
            Play(world, test);
        }
        catch (SimulationFailedException)
        {
            // Its steps show where it differs.
        }
        return world.Engine.Log.All;
    }
}
