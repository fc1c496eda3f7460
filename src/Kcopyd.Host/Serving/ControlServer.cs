using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Kcopyd.Actors.IO;
using Kcopyd.Actors.Nbd;
using Kcopyd.Actors.Nbd.Transport;
using Kcopyd.Host.Snapshots;

namespace Kcopyd.Host.Serving;

/// <summary>The socket on which a server that runs is asked for snapshots: a request a connection, one after the other. Only its owner may connect.</summary>
/// <remarks>Invariants: a request that has been read is executed whole, also if its client goes away; a client that sends none is dropped; nobody makes this
/// process keep more than <see cref="ControlRequest.Longest"/> bytes for each of a few clients.</remarks>
internal sealed class ControlServer : IAsyncDisposable
{
    private const int MostClients = 16, Backlog = 128;      // the kernel keeps the others waiting

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly Socket? _socket;
    private readonly SocketFile? _file;
    private readonly Func<ControlRequest, Task<ControlReply>> _execute;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _stop = new();
    private readonly SemaphoreSlim _places = new(MostClients), _turn = new(1);
    private readonly Task _run;
    private bool _isDisposed;

    private ControlServer(Socket socket, SocketFile file, Func<ControlRequest, Task<ControlReply>> execute, TimeProvider time)
    {
        (_socket, _file, _execute, _time) = (socket, file, execute, time);
        _run = RunAsync(socket);
    }

    private ControlServer() => (_execute, _time, _run) = (static _ => throw new NotSupportedException(), TimeProvider.System, Task.CompletedTask);

    /// <summary>Begins to listen.</summary>
    /// <param name="address">unix:PATH; null listens nowhere.</param>
    /// <param name="execute">Does what is asked, one request at a time; does not fail.</param>
    /// <param name="time">The clock; null is the machine's.</param>
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

    /// <summary>Takes no more requests, and ends when those that were read are done.</summary>
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
                // A client that left again, or no descriptor for it: others come.
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
                var reply = await ReadAsync(client).ConfigureAwait(false) is { } line ? await ExecuteAsync(line).ConfigureAwait(false) : Refused($"a request has more than {ControlRequest.Longest} bytes.");
                using var patience = new CancellationTokenSource(Patience, _time);
                await client.SendAsync(Encoding.UTF8.GetBytes(ControlJson.Of(reply) + '\n'), patience.Token).ConfigureAwait(false);
            }
            catch (Exception gone) when (gone is SocketException or OperationCanceledException)
            {
                // Nobody is there who could be told.
            }
            finally
            {
                _places.Release();
            }
        }
    }

    // A line, or all that comes before the end; null if that is too much.
    private async Task<ReadOnlyMemory<byte>?> ReadAsync(Socket client)
    {
        using var patience = new CancellationTokenSource(Patience, _time);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, _stop.Token);
        var buffer = new byte[ControlRequest.Longest];
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
            return Refused($"that is no request: {ForeignText.Phrase(wrong.Message)}");
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
