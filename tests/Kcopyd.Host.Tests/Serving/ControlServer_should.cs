using System.Net.Sockets;
using System.Text;
using Kcopyd.Actors.Tests.Devices;
using Kcopyd.Host.Serving;
using Kcopyd.Host.Snapshots;
using Xunit;

namespace Kcopyd.Host.Tests.Serving;

/// <summary>Clients can occupy only a few slots of a server, for a few seconds.</summary>
public sealed class ControlServer_should : CommandSpec
{
    private const int Places = 16;

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10), Enough = TimeSpan.FromSeconds(30);

    private readonly ManualTime _time = new();

    [Fact]
    public async Task drop_a_client_that_asks_for_nothing_within_the_limit()
    {
        await using var server = Start(static _ => throw new InvalidOperationException("no client sent a request"));
        using var silent = await ConnectAsync();
        Pending(1);
        _time.Advance(Limit - TimeSpan.FromTicks(1));
        Assert.Equal(1, _time.Pending);
        _time.Advance(TimeSpan.FromTicks(1));
        Assert.Equal("", await ToEndAsync(silent));
    }

    [Fact]
    public async Task drop_a_client_that_does_not_take_its_answer_within_the_limit()
    {
        var answer = new string('x', 8 << 20);
        await using var server = Start(_ => Task.FromResult(new ControlReply { Code = "done", Error = answer }));
        using var client = await ConnectAsync();
        await AskAsync(client);
        Assert.Equal(1, await client.ReceiveAsync(new byte[1]));        // the answer has begun, and is larger than the socket's buffer
        _time.Advance(Limit);
        Assert.InRange((await ToEndAsync(client)).Length, 0, answer.Length - 1);
    }

    [Fact]
    public async Task take_sixteen_clients_at_once_and_the_others_when_those_have_left()
    {
        await using var server = Start(static _ => Task.FromResult(new ControlReply { Code = "done" }));
        var clients = new List<Socket>();
        for (var i = 0; i < (2 * Places) + 1; i++)
            clients.Add(await ConnectAsync());
        await AskAsync(clients[^1]);
        for (var first = 0; first < 2 * Places; first += Places)
        {
            Pending(Places);
            _time.Advance(Limit);
            foreach (var silent in clients[first..(first + Places)])
                Assert.Equal("", await ToEndAsync(silent));
        }
        Assert.Contains("done", await ToEndAsync(clients[^1]), StringComparison.Ordinal);
        clients.ForEach(static client => client.Dispose());
    }

    private ControlServer Start(Func<ControlRequest, Task<ControlReply>> execute) => ControlServer.Start($"unix:{Folder["c"]}", execute, _time);

    private async Task<Socket> ConnectAsync()
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(Folder["c"]));
        return socket;
    }

    private static async Task AskAsync(Socket client) => await client.SendAsync("{\"op\":\"status\"}\n"u8.ToArray());

    private static async Task<string> ToEndAsync(Socket client)
    {
        using var reader = new StreamReader(new NetworkStream(client), Encoding.UTF8);
        return await reader.ReadToEndAsync().WaitAsync(Enough);
    }

    private void Pending(int clients) =>
        Assert.True(SpinWait.SpinUntil(() => _time.Pending == clients, Enough), $"{_time.Pending} clients have a slot, not {clients}.");
}
