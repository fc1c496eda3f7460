using Kcopyd.Actors.Nbd.Protocol;
using Xunit;

namespace Kcopyd.Actors.Tests.Nbd.Server;

/// <summary>A client must choose an export within a limit. The actor system's virtual time advances when the test says so.</summary>
public sealed class Handshake_timeout_should() : NbdServerSpec(VirtualTime)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    [Fact]
    public async Task end_a_client_that_says_nothing_or_never_comes_to_a_choice()
    {
        var server = Serve(BlockDevice.Memory(4096), settings: settings => settings with { HandshakeTimeout = Limit });
        var silent = await ConnectAsync(server);
        await silent.ReadAsync(18);
        var undecided = await GreetAsync(server);
        Assert.Equal(2, (await undecided.OptionAsync(NbdOption.List)).Count);
        var halfway = await GreetAsync(server);
        await halfway.SendAsync(new Packet().Option(NbdOption.Go, [0, 0], length: 100));

        Scheduler.Advance(Limit - TimeSpan.FromSeconds(1));
        Assert.Equal(2, (await undecided.OptionAsync(NbdOption.List)).Count);
        Scheduler.Advance(TimeSpan.FromSeconds(1));
        await silent.EndsAsync();
        await undecided.EndsAsync();
        await halfway.EndsAsync();
    }

    [Fact]
    public async Task not_touch_a_client_that_has_chosen()
    {
        var server = Serve(BlockDevice.Memory(4096), settings: settings => settings with { HandshakeTimeout = Limit });
        var client = await UseAsync(server);
        Assert.Equal(NbdError.None, await client.WriteAsync(0, [1]));
        Scheduler.Advance(10 * Limit);
        Assert.Equal(NbdError.None, await client.WriteAsync(0, [2]));
    }

    [Fact]
    public async Task make_room_for_the_next_when_idlers_have_taken_all_connections()
    {
        var server = Serve(BlockDevice.Memory(4096), settings: settings => settings with { HandshakeTimeout = Limit, MaxConnections = 3 });
        for (var i = 0; i < 3; i++)
            await GreetAsync(server);
        var next = await ConnectAsync(server);
        var greeting = next.ReadAsync(18);
        Scheduler.Advance(Limit);
        Assert.Equal(18, (await greeting).Length);
    }
}
