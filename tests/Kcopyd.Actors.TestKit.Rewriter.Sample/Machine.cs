using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace RewriterSample;

/// <summary>What only a real machine has.</summary>
public static class Machine
{
    public static IReadOnlyList<Func<IDisposable?>> Things { get; } =
    [
        static () => new Socket(SocketType.Stream, ProtocolType.Tcp),
        static () => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp),
        static () => new TcpClient(),
        static () => new TcpListener(IPAddress.Loopback, 0),
        static () => new UdpClient(),
        static () => new System.Timers.Timer(),
        static () => new System.Timers.Timer(1000),
        static () => new System.Timers.Timer(TimeSpan.FromSeconds(1)),
        static () => Process.Start(new ProcessStartInfo("true")),
    ];

    public static TcpClient Connect(int port) => new("127.0.0.1", port);
}
