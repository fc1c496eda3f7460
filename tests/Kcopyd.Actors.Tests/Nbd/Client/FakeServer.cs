using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Kcopyd.Actors.Nbd;

namespace Kcopyd.Actors.Tests.Nbd.Client;

/// <summary>A server in this process that does what a test scripts, on a unix socket or a loopback port.</summary>
internal sealed class FakeServer : IAsyncDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("kcopyd-nbd-");
    private readonly ConcurrentDictionary<FakeConnection, Task> _connections = new();
    private readonly Func<FakeConnection, Task> _serve;
    private readonly bool _isTcp;
    private Socket? _listener;
    private readonly List<Task> _accepting = [];
    private int _accepted;

    public FakeServer(Func<FakeConnection, Task> serve, bool isTcp = false)
    {
        (_serve, _isTcp) = (serve, isTcp);
        Listen();
    }

    public string Path => System.IO.Path.Combine(_folder.FullName, "s");

    public NbdUri Uri => _isTcp ? new() { Host = "127.0.0.1", Port = ((IPEndPoint)_listener!.LocalEndPoint!).Port } : new() { Socket = Path };

    /// <summary>Connections accepted so far.</summary>
    public int Accepted => Volatile.Read(ref _accepted);

    /// <summary>Connections that are open.</summary>
    public int Alive => _connections.Count(connection => !connection.Value.IsCompleted);

    /// <summary>Failures of the server's script. A client that disconnects is not a failure.</summary>
    public ConcurrentQueue<Exception> Failures { get; } = new();

    public void Listen()
    {
        File.Delete(Path);
        var listener = _listener = _isTcp
            ? new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp)
            : new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(_isTcp ? new IPEndPoint(IPAddress.Loopback, 0) : new UnixDomainSocketEndPoint(Path));
        listener.Listen(64);
        _accepting.Add(Task.Run(() => AcceptAsync(listener)));
    }

    public void StopListening()
    {
        Interlocked.Exchange(ref _listener, null)?.Dispose();
        File.Delete(Path);
    }

    /// <summary>Closes all connections, like a process that is killed.</summary>
    public void Kill()
    {
        foreach (var connection in _connections.Keys)
            connection.Dispose();
    }

    /// <summary>Closes one connection.</summary>
    public void Kill(int number) => _connections.Keys.Single(connection => connection.Number == number).Dispose();

    public async ValueTask DisposeAsync()
    {
        StopListening();
        await Task.WhenAll(_accepting);
        Kill();
        await Task.WhenAll(_connections.Values);
        _folder.Delete(recursive: true);
        if (Failures.TryDequeue(out var failure))
            throw new InvalidOperationException("The fake server failed.", failure);
    }

    private async Task AcceptAsync(Socket listener)
    {
        while (true)
        {
            FakeConnection connection;
            try
            {
                var socket = await listener.AcceptAsync();
                connection = new FakeConnection(new NetworkStream(socket, ownsSocket: true), Interlocked.Increment(ref _accepted));
            }
            catch (Exception closed) when (closed is SocketException or ObjectDisposedException)
            {
                if (_listener == listener)
                    Failures.Enqueue(closed);       // nobody asked it to stop
                return;
            }
            var started = new TaskCompletionSource();
            _connections[connection] = Task.Run(async () =>
            {
                await started.Task;
                await ServeAsync(connection);
            });
            started.SetResult();
        }
    }

    private async Task ServeAsync(FakeConnection connection)
    {
        try
        {
            await _serve(connection);
        }
        catch (Exception gone) when (gone is IOException or SocketException or ObjectDisposedException or OperationCanceledException
            or System.Security.Authentication.AuthenticationException)
        {
            // The client disconnected, or the test killed the connection.
        }
        catch (Exception failure)
        {
            Failures.Enqueue(failure);
        }
        finally
        {
            connection.Dispose();
        }
    }
}
