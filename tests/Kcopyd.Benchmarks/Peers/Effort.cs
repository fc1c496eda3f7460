using System.Diagnostics;

namespace Kcopyd.Benchmarks.Peers;

/// <summary>The time and memory that one run of a contender took.</summary>
/// <param name="Seconds">Elapsed time.</param>
/// <param name="CpuSeconds">User and system time of every process that took part.</param>
/// <param name="AllocatedBytes">Bytes allocated on the managed heap; null if it ran in another process.</param>
internal readonly record struct Effort(double Seconds, double CpuSeconds, long? AllocatedBytes = null)
{
    /// <summary>Times work in this process. The garbage of earlier contenders is collected first, so that this one does not pay for it.</summary>
    public static async Task<Effort> OfAsync(Func<Task> work)
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        var allocated = GC.GetTotalAllocatedBytes(precise: true);
        var cpu = ResourceUsage.Own;
        var clock = Stopwatch.StartNew();
        await work();
        var seconds = clock.Elapsed.TotalSeconds;
        return new Effort(seconds, ResourceUsage.Own - cpu, GC.GetTotalAllocatedBytes(precise: true) - allocated);
    }
}

/// <summary>The exception for a contender that did not do its work, and so has no figure; the message gives the reason.</summary>
internal sealed class ContenderFailedException : Exception
{
    public ContenderFailedException(string message) : base(message)
    {
    }

    public ContenderFailedException(string message, Exception inner) : base(message, inner)
    {
    }

    public ContenderFailedException()
    {
    }
}
