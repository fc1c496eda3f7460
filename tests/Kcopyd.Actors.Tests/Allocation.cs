namespace Kcopyd.Actors.Tests;

/// <summary>What a thread allocates.</summary>
internal static class Allocation
{
    private const int Runs = 10;

    /// <summary>Bytes that this thread allocates in a run at least. What is allocated for each call is in every run; what the runtime allocates
    /// once, such as when it compiles a method anew that ran often, is not in all of them.</summary>
    public static long InEveryRun(Action run)
    {
        run();
        var least = long.MaxValue;
        for (var i = 0; i < Runs && least > 0; i++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            run();
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }
        return least;
    }
}
