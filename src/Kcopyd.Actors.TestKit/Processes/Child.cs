using Kcopyd.Actors.TestKit.Exploring;
using Kcopyd.Actors.TestKit.Intercepts;

namespace Kcopyd.Actors.TestKit.Processes;

/// <summary>The program that runs simulations in a process of their own: this assembly, started by <see cref="SimulationProcess"/>.</summary>
internal static class Child
{
    private static int Main(string[] arguments)
    {
        if (arguments is not [var argument])
        {
            Console.Error.WriteLine("This program runs the simulations of a test, which starts it.");
            return 2;
        }
        HashSalts.Fix();        // first of all: whatever is hashed before is lost
        var batch = Batch.Parse(argument);
        var test = batch.Test.Load();
        for (var seed = batch.FirstSeed; seed < batch.FirstSeed + batch.Count; seed++)
            Console.WriteLine(Play(seed, test, batch).ToLine());
        Console.Out.Flush();
        // Threads that a test has left behind must not keep the process.
        Environment.Exit(0);
        return 0;
    }

    private static Outcome Play(int seed, Func<World, Task> test, Batch batch)
    {
        if (SimulationRun.Try(seed, test, batch.Options, batch.Shrinks ? null : SimulationRun.FileName(seed), out var failed) is { } result)
            return new Outcome(seed, result.Steps, result.Time, result.Hash, null);
        return new Outcome(seed, failed!.Steps, TimeSpan.Zero, 0, batch.Shrinks ? Shrinker.Report(failed, test) : failed.Failure.Message);
    }
}
