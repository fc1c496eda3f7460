using Mono.Cecil;

namespace Kcopyd.Actors.TestKit.Rewriter;

/// <summary>Calls that leave a simulation and that are not redirected, for the report.</summary>
internal static class KnownLeaks
{
    private static readonly (string Prefix, string Why)[] Leaks =
    [
        ("System.Threading.ThreadPool::RegisterWaitForSingleObject", "waits on a thread of the pool, in real time"),
        ("System.Threading.ThreadPool::UnsafeRegisterWaitForSingleObject", "waits on a thread of the pool, in real time"),
        ("System.Threading.ThreadPool::UnsafeQueueNativeOverlapped", "completes on an I/O thread"),
        ("System.Threading.Tasks.Parallel::", "blocks until threads of the pool are done"),
        ("System.Net.Sockets.Socket::", "a real network"),
        ("System.Net.Sockets.TcpClient::", "a real network"),
        ("System.Net.Sockets.TcpListener::", "a real network"),
        ("System.Net.Sockets.UdpClient::", "a real network"),
        ("System.Net.Http.", "a real network"),
        ("System.Net.WebSockets.", "a real network"),
        ("System.Net.Dns::", "a real network"),
        ("System.Net.NetworkInformation.", "the real machine"),
        ("System.IO.Pipes.", "another process"),
        ("System.IO.FileSystemWatcher::", "events on threads of its own"),
        ("System.Diagnostics.Process::", "another process"),
    ];

    public static void Check(MethodDefinition caller, MethodReference called, RewriteResult result)
    {
        var element = called.GetElementMethod();
        var name = $"{element.DeclaringType.GetElementType().FullName}::{element.Name}";
        foreach (var (prefix, why) in Leaks)
        {
            if (name.StartsWith(prefix, StringComparison.Ordinal))
                result.Uses(caller, element.DeclaringType, why);
        }
    }
}
