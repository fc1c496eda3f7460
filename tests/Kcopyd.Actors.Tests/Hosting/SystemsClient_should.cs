using Akka.Actor;
using Kcopyd.Actors.Faults;
using Xunit;

namespace Kcopyd.Actors.Tests.Hosting;

[Collection("real time")]
public sealed class SystemsClient_should
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

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
    public async Task be_destroyed_by_nobody_but_the_system()
    {
        using var system = ActorSystem.Create("often");
        var client = system.Kcopyd().GetClient();
        Assert.Contains("'kcopyd' is one of the system's own",
            Assert.Throws<InvalidOperationException>(() => { _ = client.DestroyAsync(); }).Message, StringComparison.Ordinal);
        await client.DisposeAsync();
        var refused = await client.Actor.Ask<KcopydProtocol.Refused>(KcopydProtocol.Destroy.Instance, Patience);
        Assert.Contains("'kcopyd' is one of the system's own", refused.Reason, StringComparison.Ordinal);
        Assert.True((await client.ZeroAsync([BlockDevice.Memory(512).Whole()]).WaitAsync(Patience)).IsSuccess);

        await CoordinatedShutdown.Get(system).Run(CoordinatedShutdown.ClrExitReason.Instance).WaitAsync(Patience);
        Assert.True(client.IsClosed);
        Assert.Throws<KcopydClientClosedException>(() => client.PrepareCallback((_, _, _) => { }));
    }

    [Fact]
    public async Task be_made_anew_behind_the_same_handle_when_its_actor_was_stopped()
    {
        using var system = ActorSystem.Create("stopped");
        var client = system.Kcopyd().GetClient();
        client.Throttle.BytesPerSecond = 1L << 40;
        var stall = BlockDevice.Memory(512).WithStall();
        var copy = client.CopyAsync(stall.Whole(), [BlockDevice.Memory(512).Whole()], CopyFlags.None, out var job);
        await stall.WaitingAsync(1);
        var before = client.Actor;
        before.Tell(PoisonPill.Instance);
        stall.Release();
        Assert.Equal(IoError.ClientStopped, (await copy.WaitAsync(Patience)).ReadFault!.Error);

        CopyResult? result = null;
        while (result is null)      // until the stopped actor's name is free
        {
            try
            {
                result = await client.ZeroAsync([BlockDevice.Memory(512).Whole()]).WaitAsync(Patience);
            }
            catch (KcopydClientClosedException)
            {
                await Task.Yield();
            }
        }
        Assert.True(result.IsSuccess);
        Assert.True(result.JobId > job.Id);
        Assert.NotEqual(before, client.Actor);
        Assert.Equal(before.Path, client.Actor.Path);
        Assert.Same(client, system.Kcopyd().GetClient());
        Assert.Equal(1L << 40, client.Throttle.BytesPerSecond);
        await system.Terminate().WaitAsync(Patience);
    }
}
