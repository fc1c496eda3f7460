using System.Globalization;

namespace Kcopyd.Actors.TestKit.Exploring;

/// <summary>One run of a test under a seed.</summary>
internal static class SimulationRun
{
    /// <summary>Runs a test.</summary>
    /// <param name="seed">The seed.</param>
    /// <param name="test">The test.</param>
    /// <param name="options">How it runs.</param>
    /// <param name="files">The name of the report's files, if it fails; null for none.</param>
    /// <param name="failed">Why it failed, or null.</param>
    /// <returns>What the run was; null if it failed.</returns>
    public static SimulationResult? Try(int seed, Func<World, Task> test, SimulationOptions options, string? files, out FailedRun? failed)
    {
        failed = null;
        using var world = new World(seed, options);
        try
        {
            Play(world, test);
            return new SimulationResult(seed, world.Steps, world.Now, world.Hash);
        }
        catch (Exception failure)
        {
            // First of all: ending the world is part of neither the steps nor the faults.
            failed = new FailedRun(
                seed, options, world.Steps, [.. world.InjectedFaults], FailureReport.Explain(world, failure, files), FailedRun.KindOf(failure));
            return null;
        }
    }

    /// <summary>Runs a test, and returns every step of it in words.</summary>
    public static IReadOnlyList<string> Record(int seed, Func<World, Task> test, SimulationOptions options)
    {
        using var world = new World(seed, options with { RecordsEveryStep = true });
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

    /// <summary>The name of the files of a seed's report.</summary>
    public static string FileName(int seed) => string.Create(CultureInfo.InvariantCulture, $"seed-{seed}");

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
                : "Deadlock: the test waits, and nothing can happen anymore."
                    + (world.Engine.ControlsPool ? "" : " If it waits for the thread pool (Task.Run, or Task.WhenAll of Asks), run it by SimulationProcess."));
        }
        task.GetAwaiter().GetResult();
        world.Engine.ThrowIfFailed();
    }
}
