using Akka.Actor;
using Kcopyd.Actors.Client;
using Kcopyd.Actors.Devices;
using Kcopyd.Actors.Devices.Faults;
using Xunit;

namespace Kcopyd.Actors.Tests.Hosting;

[Collection("real time")]
public sealed class SystemsClient_should
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task be_one_for_all_who_ask_at_once()
    {
        using var system = ActorSystem.Create("shared");
        var clients = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => system.Kcopyd().GetClient("one"))));
        Assert.Single(clients.Distinct());
        Assert.NotSame(clients[0], system.Kcopyd().GetClient("other"));
        await system.Terminate();
        Assert.True(clients[0].IsClosed);
    }

    [Fact]
    public async Task finish_its_jobs_before_its_system_terminates_also_without_a_host()
    {
        using var system = ActorSystem.Create("alone");
        var client = system.Kcopyd().GetClient();
        var stalled = BlockDevice.Memory(4096).WithStall();
        var copy = client.CopyAsync(BlockDevice.Memory(4096).Whole(), [stalled.Whole()]);
        await stalled.WaitingAsync();
        var terminated = system.Terminate();
        Assert.True(SpinWait.SpinUntil(() => client.IsClosed, Patience));
        stalled.Release();
        Assert.True((await copy.WaitAsync(Patience)).IsSuccess);
        await terminated.WaitAsync(Patience);
    }

    [Fact]
    public void say_that_its_name_is_taken_by_an_actor_of_somebody_else()
    {
        using var system = ActorSystem.Create("taken");
        system.ActorOf(Props.Empty, "resync");
        Assert.Throws<InvalidActorNameException>(() => system.Kcopyd().GetClient("resync"));
    }

    [Fact]
    public async Task be_destroyed_once_however_often_and_by_whom_that_is_asked()
    {
        using var system = ActorSystem.Create("often");
        var client = system.Kcopyd().GetClient();
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(client.DestroyAsync))).WaitAsync(Patience);
        await client.DestroyAsync().WaitAsync(Patience);
        var refusal = Assert.Throws<KcopydClientClosedException>(() => client.PrepareCallback((_, _, _) => { }));
        Assert.Contains("'kcopyd'", refusal.Message, StringComparison.Ordinal);
        await system.Terminate().WaitAsync(Patience);
    }
}
