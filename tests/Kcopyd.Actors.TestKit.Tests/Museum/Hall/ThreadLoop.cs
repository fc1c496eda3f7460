using System.Diagnostics;
using System.Globalization;
using Akka.Actor;

namespace Kcopyd.Actors.TestKit.Tests.Museum.Hall;

/// <summary>Runs a program again and again on real threads, as a loop in an ordinary test does.</summary>
internal static class ThreadLoop
{
    private const int MaxRuns = 2000;
    private const int Loops = 5;
    private static readonly TimeSpan MaxTime = TimeSpan.FromSeconds(20);

    /// <summary>The number of runs until the bug shows itself: the median of some loops, which have 20 s together.</summary>
    public static Task<string> CountRunsAsync(ActorExhibit exhibit) => Task.Run(async () =>
    {
        var system = ActorSystem.Create("loop", "akka { loglevel = OFF, stdout-loglevel = OFF }");
        try
        {
            var clock = Stopwatch.StartNew();
            List<int> found = [];
            var runs = 0;
            for (var loop = 0; loop < Loops; loop++)
            {
                (var isFound, runs) = await RunUntilFoundAsync(exhibit, system, clock);
                if (!isFound)
                    break;
                found.Add(runs);
            }
            found.Sort();
            return found.Count > 0
                ? found[found.Count / 2].ToString("n0", CultureInfo.InvariantCulture)
                : string.Create(CultureInfo.InvariantCulture, $"not in {runs:n0} runs");
        }
        finally
        {
            await system.Terminate();
        }
    });

    private static async Task<(bool IsFound, int Runs)> RunUntilFoundAsync(ActorExhibit exhibit, ActorSystem system, Stopwatch clock)
    {
        var run = 0;
        while (run < MaxRuns && clock.Elapsed < MaxTime)
        {
            run++;
            var stage = Stage.Of(system);
            try
            {
                await exhibit.PlayOn(stage, isFixed: false);
            }
            catch (BugFoundException)
            {
                return (true, run);
            }
            finally
            {
                await stage.ClearAsync();
            }
        }
        return (false, run);
    }
}
