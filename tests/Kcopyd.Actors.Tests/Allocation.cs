namespace Kcopyd.Actors.Tests;

/// <summary>Measures what a thread allocates.</summary>
internal static class Allocation
{
    private const int Runs = 10;

    /// <summary>The minimum number of bytes that this thread allocates in one run. Allocations of each call occur in every run; those that the runtime makes
    /// once, such as when it recompiles a hot method, do not.</summary>
    public static long InEveryRun(Action run)
    {
        run();
        var min = long.MaxValue;
        for (var i = 0; i < Runs && min > 0; i++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            run();
            min = Math.Min(min, GC.GetAllocatedBytesForCurrentThread() - before);
        }
        return min;
    }
}
