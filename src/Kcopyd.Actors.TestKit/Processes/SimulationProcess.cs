using System.Collections.Concurrent;
using Kcopyd.Actors.TestKit.Exploring;
using Kcopyd.Actors.TestKit.Processes;

namespace Kcopyd.Actors.TestKit;

/// <summary>
/// Runs simulations in processes of their own, whose thread pools belong to them: needed by tests that use <see cref="Task.Run(Action)"/>, remoting or a
/// cluster. The seeds are shared among as many processes as the machine has processors.
/// </summary>
public static class SimulationProcess
{
    private const int ReportedFailures = 5;

    /// <summary>Runs a test under many seeds, and the first ones twice, to see that they replay in another process.</summary>
    /// <param name="firstSeed">The first seed.</param>
    /// <param name="count">How many.</param>
    /// <param name="test">The test: a static method, or a lambda that captures nothing.</param>
    /// <param name="options">How it runs; the defaults if null.</param>
    /// <param name="replays">How many seeds run twice.</param>
    /// <returns>What the runs were, in the order of their seeds.</returns>
    /// <exception cref="ArgumentException">The test is neither static nor a lambda that captures nothing.</exception>
    /// <exception cref="SimulationFailedException">A test failed, a process ended, or a second run differed from the first. The message names the
    /// seeds.</exception>
    public static IReadOnlyList<SimulationResult> RunMany(
        int firstSeed, int count, Func<World, Task> test, SimulationOptions? options = null, int replays = 3)
    {
        ArgumentNullException.ThrowIfNull(test);
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(replays);
        (firstSeed, count, options) = SeedVariables.Apply(firstSeed, count, options);
        options.Check();
        var reference = TestReference.Of(test);
        var outcomes = Play(reference, firstSeed, count, options);
        var failures = outcomes.Where(static outcome => outcome.Failure is not null).Select(static outcome => outcome.Failure!).ToList();
        if (failures.Count == 0 && replays > 0)
            failures.AddRange(Differences(outcomes, Play(reference, firstSeed, Math.Min(replays, count), options)));
        if (failures.Count == 0)
            return [.. outcomes.Select(static outcome => outcome.Result)];
        var message = $"{failures.Count} of {count} seeds failed.{Environment.NewLine}"
            + string.Join(Environment.NewLine, failures.Take(ReportedFailures));
        if (options.CanShrink && outcomes.Find(static outcome => outcome is { Failure: not null, Steps: > 0 }) is { } first)
            message += Environment.NewLine + Shrink(new Batch(reference, first.Seed, 1, options) { Shrinks = true });
        throw new SimulationFailedException(message);
    }

    private static string Shrink(Batch batch)
    {
        var outcomes = new ConcurrentBag<Outcome>();
        Run(batch, outcomes);
        return outcomes.First().Failure ?? $"Shrinking has stopped: seed {batch.FirstSeed} did not fail in another process.";
    }

    private static IEnumerable<string> Differences(IEnumerable<Outcome> first, IEnumerable<Outcome> second) =>
        from pair in first.Zip(second)
        where pair.First.Result != pair.Second.Result
        select $"Seed {pair.First.Seed} does not replay: {pair.First.Result} in one process, "
            + $"{pair.Second.Failure ?? pair.Second.Result.ToString()} in another one.";

    private static List<Outcome> Play(TestReference test, int firstSeed, int count, SimulationOptions options)
    {
        var processes = Math.Min(Environment.ProcessorCount, count);
        var outcomes = new ConcurrentBag<Outcome>();
        var batches = Enumerable.Range(0, processes).Select(i =>
        {
            var (from, to) = ((long)count * i / processes, (long)count * (i + 1) / processes);
            return new Batch(test, firstSeed + (int)from, (int)(to - from), options);
        });
        var threads = batches.Select(batch => new Thread(() => Run(batch, outcomes))).ToList();
        threads.ForEach(static thread => thread.Start());
        threads.ForEach(static thread => thread.Join());
        return [.. outcomes.OrderBy(static outcome => outcome.Seed)];
    }

    private static void Run(Batch batch, ConcurrentBag<Outcome> outcomes)
    {
        var next = batch.FirstSeed;
        var end = batch.FirstSeed + batch.Count;
        while (next < end)
        {
            var said = new ConcurrentQueue<string>();
            using var process = ChildProcess.Start(batch with { FirstSeed = next, Count = end - next }, line => said.Enqueue(line));
            while (process.StandardOutput.ReadLine() is { } line)
            {
                if (Outcome.Parse(line) is { } outcome)
                {
                    outcomes.Add(outcome);
                    next = outcome.Seed + 1;
                    said.Clear();
                }
                else
                {
                    said.Enqueue(line);
                }
            }
            process.WaitForExit();
            if (next == end)
                return;
            // The process died with a seed: that one has failed, and the others get a new process.
            outcomes.Add(new Outcome(next, 0, TimeSpan.Zero, 0,
                $"Seed {next} failed: its process ended with status {process.ExitCode}.{Environment.NewLine}"
                + string.Join(Environment.NewLine, said.TakeLast(40))));
            next++;
        }
    }
}
