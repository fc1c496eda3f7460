using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Kcopyd.Actors.TestKit.Intercepts.Calls;

/// <summary>Things of the real machine that cannot be simulated: in a simulation, their creation fails, with the stack.</summary>
public static class MachineCalls
{
    /// <inheritdoc cref="Socket(SocketType, ProtocolType)"/>
    [Replaces(typeof(Socket), ".ctor")]
    public static Socket Socket(SocketType socketType, ProtocolType protocolType)
    {
        Leave("A socket");
        return new Socket(socketType, protocolType);
    }

    /// <inheritdoc cref="Socket(AddressFamily, SocketType, ProtocolType)"/>
    [Replaces(typeof(Socket), ".ctor")]
    public static Socket Socket(AddressFamily addressFamily, SocketType socketType, ProtocolType protocolType)
    {
        Leave("A socket");
        return new Socket(addressFamily, socketType, protocolType);
    }

    /// <inheritdoc cref="TcpClient()"/>
    [Replaces(typeof(TcpClient), ".ctor")]
    public static TcpClient TcpClient()
    {
        Leave("A TcpClient");
        return new TcpClient();
    }

    /// <inheritdoc cref="TcpClient(string, int)"/>
    [Replaces(typeof(TcpClient), ".ctor")]
    public static TcpClient TcpClient(string hostname, int port)
    {
        Leave("A TcpClient");
        return new TcpClient(hostname, port);
    }

    /// <inheritdoc cref="TcpListener(IPAddress, int)"/>
    [Replaces(typeof(TcpListener), ".ctor")]
    public static TcpListener TcpListener(IPAddress localaddr, int port)
    {
        Leave("A TcpListener");
        return new TcpListener(localaddr, port);
    }

    /// <inheritdoc cref="UdpClient()"/>
    [Replaces(typeof(UdpClient), ".ctor")]
    public static UdpClient UdpClient()
    {
        Leave("A UdpClient");
        return new UdpClient();
    }

    /// <inheritdoc cref="System.Timers.Timer()"/>
    [Replaces(typeof(System.Timers.Timer), ".ctor")]
    public static System.Timers.Timer Timer()
    {
        Leave("A System.Timers.Timer");
        return new System.Timers.Timer();
    }

    /// <inheritdoc cref="System.Timers.Timer(double)"/>
    [Replaces(typeof(System.Timers.Timer), ".ctor")]
    public static System.Timers.Timer Timer(double interval)
    {
        Leave("A System.Timers.Timer");
        return new System.Timers.Timer(interval);
    }

    /// <inheritdoc cref="System.Timers.Timer(TimeSpan)"/>
    [Replaces(typeof(System.Timers.Timer), ".ctor")]
    public static System.Timers.Timer Timer(TimeSpan interval)
    {
        Leave("A System.Timers.Timer");
        return new System.Timers.Timer(interval);
    }

    /// <inheritdoc cref="Process.Start(ProcessStartInfo)"/>
    [Replaces(typeof(Process), "Start")]
    public static Process? Start(ProcessStartInfo startInfo)
    {
        Leave("Process.Start");
        return Process.Start(startInfo);
    }

    private static void Leave(string what) => Interception.Current?.LeftSimulation(what);
}
