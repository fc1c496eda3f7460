using Akka.Actor;
using Kcopyd.Actors.Nbd;
using Xunit;

namespace Kcopyd.Actors.Tests.Nbd.Client;

public sealed class Opening_should() : NbdClientSpec(VirtualTime + ", mine { type = Dispatcher, executor = \"default-executor\" }")
{
    [Fact]
    public async Task make_the_device_a_child_of_the_actor_that_opens_it_on_the_dispatcher_that_it_names()
    {
        var server = Serve(new FakeExport(1 << 20), static connection => new TaskCompletionSource().Task.WaitAsync(connection.Ended));
        var parent = Sys.ActorOf(Props.Create(() => new Opener(server.Uri)), "parent");
        var device = await Soon(await parent.Ask<Task<NbdBlockDevice>>("open"));
        Assert.Equal("/user/parent", device.Actor.Path.Parent.ToStringWithoutAddress());
        Assert.Equal("mine", ((ActorRefWithCell)device.Actor).Underlying.Props.Dispatcher);
        Sys.Stop(parent);
        await Soon(device.DisposeAsync().AsTask());
        Assert.Equal(IoError.Closed, (await device.ReadAsync(0, new byte[512])).Error);
    }

    [Fact]
    public async Task end_when_the_caller_gives_up_and_leave_no_connection()
    {
        var connected = new TaskCompletionSource();
        var ended = new TaskCompletionSource();
        var server = Serve(async connection =>
        {
            connected.SetResult();
            await connection.SwallowAsync();
            ended.SetResult();
        });
        using var patience = new CancellationTokenSource();
        var opening = Sys.Kcopyd().OpenNbdDeviceAsync(server.Uri, null, patience.Token);
        await Soon(connected.Task);
        await patience.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Soon(opening));
        await Soon(ended.Task);
    }

    [Fact]
    public async Task fail_when_its_actor_is_stopped_before()
    {
        var connected = new TaskCompletionSource();
        var server = Serve(async connection =>
        {
            connected.SetResult();
            await connection.SwallowAsync();
        });
        var parent = Sys.ActorOf(Props.Create(() => new Opener(server.Uri)));
        var opening = await parent.Ask<Task<NbdBlockDevice>>("open");
        await Soon(connected.Task);
        Sys.Stop(parent);
        Assert.Equal(NbdFailure.Disconnected, (await Assert.ThrowsAsync<NbdException>(() => Soon(opening))).Reason);
    }

    private sealed class Opener(NbdUri uri) : UntypedActor
    {
        protected override void OnReceive(object message) =>
            Sender.Tell(Context.Kcopyd().OpenNbdDeviceAsync(uri, new NbdClientOptions { Dispatcher = "mine" }));
    }
}
