using System.Diagnostics;

namespace Kcopyd.Benchmarks.Peers;

/// <summary>What one run of a contender took.</summary>
/// <param name="Seconds">Wall clock.</param>
/// <param name="CpuSeconds">User and system, of every process that took part.</param>
/// <param name="AllocatedBytes">Of the managed heap, where it ran in this process.</param>
internal readonly record struct Effort(double Seconds, double CpuSeconds, long? AllocatedBytes = null)
{
    /// <summary>Times something in this process. The garbage of those before it is collected first: it is not theirs to pay.</summary>
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

/// <summary>A contender did not do its work; the message says why. It gets no figure.</summary>
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
