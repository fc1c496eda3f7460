namespace Kcopyd.Actors.TestKit.Exploring;

/// <summary>Sees whether a run replays.</summary>
internal static class Replay
{
    /// <summary>Runs a test again.</summary>
    /// <param name="first">What the first run was.</param>
    /// <param name="test">The test.</param>
    /// <param name="options">How it runs.</param>
    /// <returns>The first difference, or null.</returns>
    public static string? Difference(SimulationResult first, Func<World, Task> test, SimulationOptions options)
    {
        if (SimulationRun.Try(first.Seed, test, options, null, out _) == first)
            return null;
        // Once more, twice, with every step: the histories are too long to be kept by default.
        var (one, other) = (SimulationRun.Record(first.Seed, test, options), SimulationRun.Record(first.Seed, test, options));
        var same = one.Zip(other).TakeWhile(static pair => pair.First == pair.Second).Count();
        return $"Seed {first.Seed} does not replay: something in the test depends on a clock, a thread, a hash order or a random number outside the "
            + "simulation. "
            + (same < Math.Max(one.Count, other.Count)
                ? $"The first difference is at step {same}:{Environment.NewLine}  {one.ElementAtOrDefault(same) ?? "(ended)"}"
                    + $"{Environment.NewLine}  {other.ElementAtOrDefault(same) ?? "(ended)"}"
                : "Two further runs were the same.");
    }
}
