using System.Runtime.InteropServices;

namespace Kcopyd.Benchmarks.Peers;

/// <summary>CPU time, user and system together, in seconds.</summary>
internal static partial class ResourceUsage
{
    private const int ForChildren = -1;

    /// <summary>The CPU time of all threads of this process.</summary>
    public static double Own => Environment.CpuUsage.TotalTime.TotalSeconds;

    /// <summary>The CPU time of all child processes that have ended, and of the children that those waited for.</summary>
    public static double Children
    {
        get
        {
            // struct rusage: two timevals (user, system), then 14 counters
            Span<long> usage = stackalloc long[18];
            if (GetUsage(ForChildren, ref usage[0]) != 0)
                throw new InvalidOperationException($"getrusage: {Marshal.GetLastPInvokeErrorMessage()}");
            return usage[0] + usage[2] + ((usage[1] + usage[3]) / 1e6);
        }
    }

    [LibraryImport("libc", EntryPoint = "getrusage", SetLastError = true)]
    private static partial int GetUsage(int who, ref long usage);
}
