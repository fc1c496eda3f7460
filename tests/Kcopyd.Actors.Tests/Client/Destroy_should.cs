using Akka.Actor;
using Kcopyd.Actors.Faults;
using Xunit;

namespace Kcopyd.Actors.Tests.Client;

public sealed class Destroy_should : EngineSpec
{
    [Fact]
    public void refuse_new_work_at_once()
    {
        var client = Client(name: "closing");
        var device = BlockDevice.Memory(Piece);
        client.PrepareCallback(TestActor);      // keeps the client alive
        client.DestroyAsync();
        Assert.True(client.IsClosed);
        var error = Assert.Throws<KcopydClientClosedException>(() => { client.Copy(device.Region(0, 1), [device.Region(1, 1)], CopyFlags.None, TestActor); });
        Assert.Contains("'closing'", error.Message, StringComparison.Ordinal);
        Assert.Throws<KcopydClientClosedException>(() => { client.Zero([device.Region(0, 1)], CopyFlags.None, TestActor); });
    }

    [Fact]
    public async Task wait_for_every_job_and_every_token_and_say_so()
    {
        var client = Client(s => s with { MaxSubJobs = 1 });
        var source = Random(Piece).WithStall();
        var running = client.CopyAsync(source.Whole(), Whole(Mirrors(1, Piece)), CopyFlags.None, out var job);
        var waiting = client.CopyAsync(source.Whole(), Whole(Mirrors(1, Piece)));
        var token = client.PrepareCallback(TestActor, "exception store");
        await Soon(source.WaitingAsync());

        var destroyed = client.DestroyAsync();
        var status = await Soon(client.GetStatusAsync());
        Assert.Equal((2, 1, 1), (status.Jobs, status.SubJobsInFlight, status.OutstandingCallbacks));
        Assert.Equal([job.Id], status.RunningJobs);
        Assert.Contains("waits for 2 job(s) (1 running, 1 sub-job(s) in flight) and 1 prepared callback(s)", status.ToString(), StringComparison.Ordinal);

        source.Release();
        Assert.True((await Soon(running)).IsSuccess);
        Assert.True((await Soon(waiting)).IsSuccess);
        await Until(async () => (await client.GetStatusAsync()).Jobs == 0);
        Assert.False(destroyed.IsCompleted);
        token.Submit();
        await Soon(destroyed);
        await ExpectMsgAsync<CopyResult>();
    }

    [Fact]
    public async Task end_after_the_last_callback_has_run()
    {
        var client = Client();
        var told = 0;
        for (var i = 0; i < 1000; i++)
            client.Copy(Random(Piece).Whole(), Whole(Mirrors(1, Piece)), CopyFlags.None, (_, _, _) => told++);
        await Soon(client.DestroyAsync());
        Assert.Equal(1000, told);
    }

    [Fact]
    public async Task be_idempotent_and_possible_from_a_callback()
    {
        var client = Client();
        var inner = new TaskCompletionSource<Task>();
        client.PrepareCallback((_, _, _) => inner.SetResult(client.DestroyAsync())).Submit();
        await Soon(await Soon(inner.Task));
        await Soon(client.DestroyAsync());
        await client.DisposeAsync();
        client.Actor.Tell(KcopydProtocol.Destroy.Instance);
        await Assert.ThrowsAsync<KcopydClientClosedException>(() => client.GetStatusAsync());
        Assert.Null(await client.GetJob(1).GetProgressAsync());
    }

    [Fact]
    public async Task stop_the_actor_and_its_crews()
    {
        var client = Client();
        await Soon(client.CopyAsync(Random(8 * Piece).Whole(), Whole(Mirrors(2, 8 * Piece))));
        Watch(client.Actor);
        await Soon(client.DestroyAsync());
        await ExpectTerminatedAsync(client.Actor);
    }
}
