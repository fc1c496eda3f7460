using System.Net;
using System.Net.Sockets;
using Kcopyd.Actors.IO;
using Kcopyd.Actors.Nbd;
using Kcopyd.Actors.Nbd.Protocol;
using Kcopyd.Actors.Nbd.Transport;
using Xunit;

namespace Kcopyd.Actors.Tests.Nbd.Server;

/// <summary>An address has one server at a time, even if an earlier one was killed or several start at the same instant.</summary>
public sealed class Addresses_should : NbdServerSpec
{
    private static readonly IPEndPoint FreePort = new(IPAddress.Loopback, 0);

    private string Path => InFolder("socket");

    private NbdServer ServeAt(EndPoint endPoint) => Serve([new("", BlockDevice.Memory(4096))], options => options with { EndPoints = [endPoint] });

    [Fact]
    public void have_one_server_on_a_TCP_port()
    {
        var first = ServeAt(FreePort);
        var refused = Assert.Throws<NbdListenException>(() => ServeAt(first.EndPoints[0]));
        Assert.Equal((NbdListenError.AddressInUse, first.EndPoints[0]), (refused.Reason, refused.EndPoint));
        Assert.Equal($"{first.EndPoints[0]} cannot be listened on: Address already in use. Another server listens there.", refused.Message);
    }

    // The server closes these connections first, so the port stays in TIME_WAIT.
    [Fact]
    public async Task be_free_for_the_next_server_as_soon_as_one_has_ended()
    {
        var first = ServeAt(FreePort);
        var client = await ConnectAsync(first);
        await client.GreetAsync();
        await client.GoAsync();
        await Soon(first.StopAsync());
        await client.EndsAsync();
        await UseAsync(ServeAt(first.EndPoints[0]));
    }

    [Fact]
    public void be_for_IPv6_alone_where_they_are_of_IPv6()
    {
        using var listener = Listener.Open(new IPEndPoint(IPAddress.IPv6Loopback, 0), mayBeReached: false, TimeSpan.Zero);
        Assert.False(SocketOf(listener).DualMode);
    }

    [Fact]
    public async Task ask_whether_a_silent_client_is_still_there()
    {
        using var listener = Listener.Open(FreePort, mayBeReached: false, TimeSpan.FromSeconds(90));
        using var client = await RawClient.ConnectAsync(listener.EndPoint);
        using var accepted = await Soon(listener.AcceptAsync());
        Assert.Equal([1, 90, 15, 6], new[] { (SocketOptionLevel.Socket, SocketOptionName.KeepAlive), (SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime),
            (SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval), (SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount) }
            .Select(option => (int)((NetworkStream)accepted.Stream).Socket.GetSocketOption(option.Item1, option.Item2)!));
    }

    [Fact]
    public async Task name_the_process_of_a_client_on_a_unix_socket()
    {
        using var listener = Listener.Open(new UnixDomainSocketEndPoint(Path), mayBeReached: false, TimeSpan.Zero);
        using var client = await RawClient.ConnectAsync(listener.EndPoint);
        using var accepted = await Soon(listener.AcceptAsync());
        Assert.Equal($"{Path} (process {Environment.ProcessId})", accepted.Peer);
    }

    [Fact]
    public async Task be_taken_over_from_a_server_that_was_killed()
    {
        Abandon(Path);
        await UseAsync(ServeAt(new UnixDomainSocketEndPoint(Path)));
    }

    [Fact]
    public async Task not_be_taken_from_a_server_that_has_more_clients_than_it_accepts()
    {
        using var busy = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        busy.Bind(new UnixSocketEndPoint(Path));
        busy.Listen(0);
        var queue = new List<Socket>();
        try
        {
            for (SocketError? error = null; error is null;)
            {
                var client = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified) { Blocking = false };
                queue.Add(client);
                error = Error(() => client.Connect(new UnixSocketEndPoint(Path)));
            }
            var refused = await Soon(Task.Run(() => Assert.Throws<NbdListenException>(() => ServeAt(new UnixDomainSocketEndPoint(Path)))));
            Assert.Contains("Another server listens there", refused.Message, StringComparison.Ordinal);
            Assert.True(File.Exists(Path));
        }
        finally
        {
            queue.ForEach(static client => client.Dispose());
        }
    }

    [Theory]
    [InlineData("file")]
    [InlineData("folder")]
    [InlineData("link")]
    [InlineData("dangling link")]
    public void leave_alone_what_is_no_socket(string kind)
    {
        var target = InFolder("target");
        switch (kind)
        {
            case "file":
                File.WriteAllText(Path, "mine");
                break;
            case "folder":
                Directory.CreateDirectory(Path);
                break;
            case "link":
                Abandon(target);
                File.CreateSymbolicLink(Path, target);
                break;
            default:
                File.CreateSymbolicLink(Path, target);
                break;
        }
        var before = File.GetAttributes(Path);
        var refused = Assert.Throws<NbdListenException>(() => ServeAt(new UnixDomainSocketEndPoint(Path)));
        Assert.Equal(NbdListenError.NotASocket, refused.Reason);
        Assert.Contains($"{Path} cannot be listened on: it exists and is not a socket", refused.Message, StringComparison.Ordinal);
        Assert.Equal(before, File.GetAttributes(Path));
    }

    [Fact]
    public void not_be_taken_from_a_socket_of_another_kind()
    {
        using var datagrams = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        datagrams.Bind(new UnixSocketEndPoint(Path));
        Assert.Throws<NbdListenException>(() => ServeAt(new UnixDomainSocketEndPoint(Path)));
        Assert.True(File.Exists(Path));
    }

    // Each server sees the abandoned socket. Without the lock, one could remove the socket that another has just created in its place.
    [Fact]
    public async Task go_to_one_of_several_servers_that_start_at_the_same_instant()
    {
        const int servers = 4, rounds = 100;
        for (var round = 0; round < rounds; round++)
        {
            var path = InFolder($"s{round}");
            Abandon(path);
            using var start = new Barrier(servers);
            var opened = await Soon(Task.WhenAll(Enumerable.Range(0, servers).Select(_ => Task.Factory.StartNew(() =>
            {
                start.SignalAndWait();
                try
                {
                    return Listener.Open(new UnixDomainSocketEndPoint(path), mayBeReached: false, TimeSpan.Zero);
                }
                catch (IOException)
                {
                    return null;
                }
            }, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default))));
            using var owner = Assert.Single(opened, static listener => listener is not null);
            using var client = await RawClient.ConnectAsync(owner!.EndPoint);
            (await Soon(owner.AcceptAsync())).Dispose();
        }
    }

    [Fact]
    public async Task stay_with_the_server_that_has_them_when_an_earlier_one_ends()
    {
        var endPoint = new UnixDomainSocketEndPoint(Path);
        var first = ServeAt(endPoint);
        File.Delete(Path);      // by another process
        var second = ServeAt(endPoint);
        await Soon(first.StopAsync());
        await UseAsync(second);
        await Soon(second.StopAsync());
        Assert.False(File.Exists(Path));
    }

    [Fact]
    public async Task be_abstract_where_they_are_said_to_be()
    {
        var endPoint = new UnixDomainSocketEndPoint($"\0kcopyd-{Guid.NewGuid():N}");
        var server = ServeAt(endPoint);
        await UseAsync(server);
        Assert.Contains("Another server listens there", Assert.Throws<NbdListenException>(() => ServeAt(endPoint)).Message, StringComparison.Ordinal);
        await Soon(server.StopAsync());
        await UseAsync(ServeAt(endPoint));
    }

    [Fact]
    public async Task be_those_of_sockets_that_listen_already_and_whose_names_stay()
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(new UnixSocketEndPoint(Path));
        socket.Listen(5);
        // Like a socket that systemd passes: the Socket object has neither bound it nor listened on it.
        var duplicate = LibC.Duplicate(socket.SafeHandle);
        var passed = new Socket(new SafeSocketHandle(duplicate.DangerousGetHandle(), ownsHandle: true));
        duplicate.SetHandleAsInvalid();
        socket.Dispose();
        var server = Serve([new("", BlockDevice.Memory(4096))], options => options with { EndPoints = [], Sockets = [passed] });
        Assert.Equal(Path, server.EndPoints[0].ToString());
        var client = await UseAsync(server);
        Assert.Equal(NbdError.None, await client.WriteAsync(0, [1]));
        await Soon(server.StopAsync());
        Assert.True(File.Exists(Path));
        Assert.Equal(SocketError.ConnectionRefused,
            Error(() => new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified).Connect(new UnixSocketEndPoint(Path))));
    }

    [Fact]
    public void not_be_reachable_from_other_machines_without_tls()
    {
        var everywhere = new IPEndPoint(IPAddress.Any, 0);
        var refused = Assert.Throws<NbdListenException>(() => ServeAt(everywhere));
        Assert.Equal((NbdListenError.Insecure, everywhere), (refused.Reason, refused.EndPoint));
    }

    [Fact]
    public void not_be_those_of_sockets_that_do_not_listen()
    {
        using var deaf = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        deaf.Bind(FreePort);
        using var datagrams = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        var address = deaf.LocalEndPoint;
        Assert.Equal((NbdListenError.NotListening, address), Refusal(deaf));
        Assert.Equal((NbdListenError.Unsupported, null), Refusal(datagrams));

        (NbdListenError, EndPoint?) Refusal(Socket socket)
        {
            var refused = Assert.Throws<NbdListenException>(() =>
                Serve([new("", BlockDevice.Memory(4096))], options => options with { EndPoints = [], Sockets = [socket] }));
            return (refused.Reason, refused.EndPoint);
        }
    }

    [System.Runtime.CompilerServices.UnsafeAccessor(System.Runtime.CompilerServices.UnsafeAccessorKind.Field, Name = "_socket")]
    private static extern ref Socket SocketOf(Listener listener);

    // Leaves the socket behind, like a server that is killed.
    private static void Abandon(string path)
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(new UnixSocketEndPoint(path));
        socket.Listen(1);
    }

    private static SocketError? Error(Action connect)
    {
        try
        {
            connect();
            return null;
        }
        catch (SocketException refused)
        {
            return refused.SocketErrorCode;
        }
    }
}
