using System.Globalization;
using System.Net.Sockets;
using Kcopyd.Actors.IO;

namespace Kcopyd.Host.Serving;

/// <summary>Listening sockets that the parent process passes: systemd, or libnbd's <c>nbdinfo -- [ kcopyd serve FILE ]</c>.</summary>
/// <remarks>The protocol of sd_listen_fds(3): descriptors from 3 on, <c>LISTEN_FDS</c> of them, for the process <c>LISTEN_PID</c>.</remarks>
internal static class SocketActivation
{
    private const int FirstDescriptor = 3, MaxDescriptors = 1024;

    /// <summary>Returns the sockets that are passed to this process.</summary>
    /// <exception cref="UsageException">The environment variables are malformed.</exception>
    public static IReadOnlyList<PassedSocket> Read() => Read(Environment.GetEnvironmentVariable, Environment.ProcessId);

    /// <inheritdoc cref="Read()"/>
    internal static IReadOnlyList<PassedSocket> Read(Func<string, string?> environment, int processId)
    {
        // Ignores variables meant for another process, such as the parent of this one.
        if (environment("LISTEN_FDS") is not { } fds || environment("LISTEN_PID") != processId.ToString(CultureInfo.InvariantCulture))
            return [];
        if (!int.TryParse(fds, NumberStyles.None, CultureInfo.InvariantCulture, out var count) || count > MaxDescriptors)
        {
            throw new UsageException($"LISTEN_FDS is '{fds}', which is not a number of sockets: "
                + "the program that starts this command (systemd, libnbd) sets it.");
        }
        var names = environment("LISTEN_FDNAMES")?.Split(':') ?? [];
        return [.. Enumerable.Range(0, count).Select(i => new PassedSocket(FirstDescriptor + i, i < names.Length ? names[i] : ""))];
    }
}

/// <summary>A descriptor of a listening socket, and the name that a systemd unit gives it.</summary>
internal sealed record PassedSocket(int Descriptor, string Name)
{
    /// <summary>Takes over the socket. No child process inherits it.</summary>
    /// <exception cref="UsageException">The descriptor is not a listening stream socket.</exception>
    public Socket Open()
    {
        try
        {
            using var duplicate = LibC.Duplicate(Descriptor);
            var socket = new Socket(new SafeSocketHandle(duplicate.DangerousGetHandle(), ownsHandle: true));
            duplicate.SetHandleAsInvalid();
            _ = LibC.Close(Descriptor);
            if (socket.SocketType == SocketType.Stream && (int)socket.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.AcceptConnection)! != 0)
                return socket;
            socket.Dispose();
            throw new UsageException($"{this} does not listen for connections: its unit needs ListenStream= and Accept=no.");
        }
        catch (Exception wrong) when (wrong is IOException or SocketException)
        {
            throw new UsageException($"{this} is not a socket: {wrong.Message}");
        }
    }

    /// <inheritdoc/>
    public override string ToString() => $"descriptor {Descriptor}{(Name.Length == 0 ? "" : $" ('{Name}')")} of LISTEN_FDS";
}
