using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Kcopyd.Actors.IO;
using Kcopyd.Actors.Nbd;
using Kcopyd.Actors.Nbd.Transport;
using Kcopyd.Host.Snapshots;

namespace Kcopyd.Host.Serving;

/// <summary>The socket on which a running server takes requests for snapshots: one per connection, executed one after the other. Only its owner may
/// connect.</summary>
/// <remarks>Invariants: a request that has been read is executed completely, even if its client disconnects; a client that sends no request is dropped; the
/// server buffers at most <see cref="ControlRequest.MaxLength"/> bytes for each of at most <see cref="MaxClients"/> clients.</remarks>
internal sealed class ControlServer : IAsyncDisposable
{
    private const int MaxClients = 16, Backlog = 128;       // further clients wait in the kernel's backlog

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly Socket? _socket;
    private readonly SocketFile? _file;
    private readonly Func<ControlRequest, Task<ControlReply>> _execute;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _stop = new();
    private readonly SemaphoreSlim _places = new(MaxClients), _turn = new(1);
    private readonly Task _run;
    private bool _isDisposed;

    private ControlServer(Socket socket, SocketFile file, Func<ControlRequest, Task<ControlReply>> execute, TimeProvider time)
    {
        (_socket, _file, _execute, _time) = (socket, file, execute, time);
        _run = RunAsync(socket);
    }

    private ControlServer() => (_execute, _time, _run) = (static _ => throw new NotSupportedException(), TimeProvider.System, Task.CompletedTask);

    /// <summary>Starts listening.</summary>
    /// <param name="address">unix:PATH; null to listen nowhere.</param>
    /// <param name="execute">Executes a request, one at a time; does not fail.</param>
    /// <param name="time">The clock; null for the system clock.</param>
    /// <exception cref="UsageException">The address cannot be listened on.</exception>
    public static ControlServer Start(string? address, Func<ControlRequest, Task<ControlReply>> execute, TimeProvider? time = null)
    {
        if (address is null)
            return new ControlServer();
        var endPoint = ControlAddress.Parse("--control", address);
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            var file = SocketFile.Listen(socket, endPoint.ToString()!, Backlog, static path => LibC.ChangeMode(path, 0b110_000_000));
            return new ControlServer(socket, file, execute, time ?? TimeProvider.System);
        }
        catch (NbdListenException refused)
        {
            socket.Dispose();
            throw ListenErrors.Of($"--control '{address}'", refused);
        }
    }

    /// <summary>Accepts no further requests, and completes when those already read are done.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_isDisposed)
            return;
        _isDisposed = true;
        await _stop.CancelAsync().ConfigureAwait(false);
        await _run.ConfigureAwait(false);
        _file?.Remove();
        _socket?.Dispose();
        _stop.Dispose();
    }

    private async Task RunAsync(Socket socket)
    {
        var clients = new List<Task>();
        while (true)
        {
            try
            {
                await _places.WaitAsync(_stop.Token).ConfigureAwait(false);
                var client = await socket.AcceptAsync(_stop.Token).ConfigureAwait(false);
                clients.RemoveAll(static one => one.IsCompleted);
                clients.Add(ServeAsync(client));
            }
            catch (OperationCanceledException)
            {
                break;
            }
            catch (SocketException)
            {
                // The client has disconnected already, or no descriptor is left: continue with the next one.
                _places.Release();
                await Task.WhenAny(Task.Delay(TimeSpan.FromMilliseconds(100), _time, _stop.Token)).ConfigureAwait(false);
            }
        }
        await Task.WhenAll(clients).ConfigureAwait(false);
    }

    private async Task ServeAsync(Socket client)
    {
        using (client)
        {
            try
            {
                var reply = await ReadAsync(client).ConfigureAwait(false) is { } line
                    ? await ExecuteAsync(line).ConfigureAwait(false)
                    : Refused($"a request has more than {ControlRequest.MaxLength} bytes.");
                using var patience = new CancellationTokenSource(Patience, _time);
                await client.SendAsync(Encoding.UTF8.GetBytes(ControlJson.Of(reply) + '\n'), patience.Token).ConfigureAwait(false);
            }
            catch (Exception gone) when (gone is SocketException or OperationCanceledException)
            {
                // The client is gone: there is no one to reply to.
            }
            finally
            {
                _places.Release();
            }
        }
    }

    // Reads a line, or everything up to the end of the stream; null if the request is too long.
    private async Task<ReadOnlyMemory<byte>?> ReadAsync(Socket client)
    {
        using var patience = new CancellationTokenSource(Patience, _time);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, _stop.Token);
        var buffer = new byte[ControlRequest.MaxLength];
        for (var length = 0; length < buffer.Length;)
        {
            var count = await client.ReceiveAsync(buffer.AsMemory(length), ended.Token).ConfigureAwait(false);
            var end = buffer.AsSpan(length, count).IndexOf((byte)'\n');
            length += count;
            if (end >= 0 || count == 0)
                return buffer.AsMemory(0, end >= 0 ? length - count + end : length);
        }
        return null;
    }

    private async Task<ControlReply> ExecuteAsync(ReadOnlyMemory<byte> line)
    {
        ControlRequest request;
        try
        {
            request = ControlJson.Request(line.Span);
        }
        catch (JsonException wrong)
        {
            return Refused($"that is not a request: {ForeignText.Phrase(wrong.Message)}");
        }
        await _turn.WaitAsync().ConfigureAwait(false);
        try
        {
            return await _execute(request).ConfigureAwait(false);
        }
        finally
        {
            _turn.Release();
        }
    }

    private static ControlReply Refused(string error) => new() { Code = "refused", Error = error };
}
