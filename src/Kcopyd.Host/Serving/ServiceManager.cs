using System.Net.Sockets;
using System.Text;

namespace Kcopyd.Host.Serving;

/// <summary>Notifies systemd, or another service manager that sets <c>NOTIFY_SOCKET</c>, that the service is ready or stopping: sd_notify(3).</summary>
internal static class ServiceManager
{
    public const string Ready = "READY=1", Stopping = "STOPPING=1";

    /// <summary>Sends a state; does nothing without a service manager.</summary>
    /// <param name="state">In the notation of sd_notify.</param>
    /// <param name="error">Receives a message if the state cannot be sent: the service manager would then wait for it.</param>
    public static Task NotifyAsync(string state, TextWriter error) => NotifyAsync(state, Environment.GetEnvironmentVariable("NOTIFY_SOCKET"), error);

    internal static async Task NotifyAsync(string state, string? address, TextWriter error)
    {
        if (string.IsNullOrEmpty(address))
            return;
        try
        {
            using var socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
            // In an environment variable, a leading '@' marks an abstract socket name.
            var endPoint = new UnixDomainSocketEndPoint(address[0] == '@' ? string.Concat("\0", address.AsSpan(1)) : address);
            await socket.SendToAsync(Encoding.UTF8.GetBytes(state), endPoint).ConfigureAwait(false);
        }
        catch (Exception wrong) when (wrong is SocketException or ArgumentException)
        {
            await error.WriteLineAsync($"kcopyd: the service manager at NOTIFY_SOCKET={address} cannot be notified of {state}: {wrong.Message}")
                .ConfigureAwait(false);
        }
    }
}
