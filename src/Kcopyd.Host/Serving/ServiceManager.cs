using System.Net.Sockets;
using System.Text;

namespace Kcopyd.Host.Serving;

/// <summary>Tells systemd, or whatever else has set <c>NOTIFY_SOCKET</c>, that the service is ready or stopping: sd_notify(3).</summary>
internal static class ServiceManager
{
    public const string Ready = "READY=1", Stopping = "STOPPING=1";

    /// <summary>Sends a state; does nothing where nobody wants to know.</summary>
    /// <param name="state">As sd_notify has it.</param>
    /// <param name="error">Gets a line if the state cannot be sent: the service manager would then wait for it.</param>
    public static Task NotifyAsync(string state, TextWriter error) => NotifyAsync(state, Environment.GetEnvironmentVariable("NOTIFY_SOCKET"), error);

    internal static async Task NotifyAsync(string state, string? address, TextWriter error)
    {
        if (string.IsNullOrEmpty(address))
            return;
        try
        {
            using var socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
            // '@' is how an environment variable says that a name is abstract.
            var endPoint = new UnixDomainSocketEndPoint(address[0] == '@' ? string.Concat("\0", address.AsSpan(1)) : address);
            await socket.SendToAsync(Encoding.UTF8.GetBytes(state), endPoint).ConfigureAwait(false);
        }
        catch (Exception wrong) when (wrong is SocketException or ArgumentException)
        {
            await error.WriteLineAsync($"kcopyd: the service manager at NOTIFY_SOCKET={address} cannot be notified of {state}: {wrong.Message}").ConfigureAwait(false);
        }
    }
}
