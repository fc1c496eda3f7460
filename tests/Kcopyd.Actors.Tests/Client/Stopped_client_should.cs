using System.Collections.Concurrent;
using Akka.Actor;
using Kcopyd.Actors.Faults;
using Xunit;

namespace Kcopyd.Actors.Tests.Client;

/// <summary>The client's actor is stopped from outside, in the middle of its work.</summary>
public sealed class Stopped_client_should : EngineSpec
{
    public static TheoryData<object> Deaths => new(PoisonPill.Instance, Kill.Instance, "stop");

    [Theory]
    [MemberData(nameof(Deaths))]
    public async Task notify_every_job_and_token_once(object death)
    {
        var client = Client(s => s with { MaxSubJobs = 4 });      // a single disk gets half of them
        var source = Random(4 * Piece).WithStall();
        var told = new ConcurrentQueue<object?>();
        var task = client.CopyAsync(source.Whole(), Whole(Mirrors(2, 4 * Piece)));
        for (var i = 0; i < 10; i++)
            client.Copy(source.Whole(), Whole(Mirrors(1, 4 * Piece)), CopyFlags.IgnoreError, (read, write, context) => told.Enqueue((read, write, context)), i);
        for (var i = 10; i < 20; i++)
            client.PrepareCallback((read, write, context) => told.Enqueue((read, write, context)), i);
        await Soon(source.WaitingAsync(2));

        if (death is string)
            Sys.Stop(client.Actor);
        else
            client.Actor.Tell(death, ActorRefs.NoSender);

        var result = await Soon(task);
        Assert.Equal(IoError.ClientStopped, result.ReadFault!.Error);
        Assert.Equal(0b11UL, result.WriteErrors);
        Assert.All(result.Destinations, destination => Assert.Equal(IoError.ClientStopped, destination.Fault!.Error));
        Assert.Contains("the client was stopped", result.Destinations[0].Fault!.Message, StringComparison.Ordinal);
        await Soon(client.DestroyAsync());
        Assert.Equal(
            Enumerable.Range(0, 20).Select(i => (object)(true, i < 10 ? 1UL : ulong.MaxValue, (object?)i)),
            told.OrderBy(entry => (int)((ValueTuple<bool, ulong, object?>)entry!).Item3!));
        source.Release();
        Assert.Equal(20, told.Count);
    }

    [Fact]
    public async Task lose_nothing_that_is_submitted_at_that_moment()
    {
        var source = Random(Piece);
        for (var round = 0; round < 100; round++)
        {
            var client = Client();
            int told = 0, inside = 0, collisions = 0;
            var submitting = Task.Run(() =>
            {
                var admitted = 0;
                try
                {
                    for (; ; admitted++)
                    {
                        client.Copy(source.Whole(), Whole(Mirrors(1, Piece)), CopyFlags.None, (_, _, _) =>
                        {
                            if (Interlocked.Increment(ref inside) != 1)
                                Interlocked.Increment(ref collisions);
                            told++;
                            Interlocked.Decrement(ref inside);
                        });
                    }
                }
                catch (InvalidOperationException)
                {
                    return admitted;
                }
            });
            Sys.Stop(client.Actor);
            var expected = await Soon(submitting);
            await Soon(client.DestroyAsync());
            await Until(() => Volatile.Read(ref told) >= expected);
            Assert.Equal((expected, 0), (told, collisions));
        }
    }

    [Fact]
    public async Task end_with_the_actor_system()
    {
        var client = Client();
        var source = Random(Piece).WithStall();
        var task = client.CopyAsync(source.Whole(), Whole(Mirrors(1, Piece)));
        await Soon(source.WaitingAsync());
        await Soon(Sys.Terminate());
        Assert.Equal(IoError.ClientStopped, (await Soon(task)).ReadFault!.Error);
        await Soon(client.DestroyAsync());
        source.Release();
    }

    [Fact]
    public async Task not_take_work_any_more()
    {
        var client = Client();
        Sys.Stop(client.Actor);
        await Soon(client.DestroyAsync());
        Assert.Throws<KcopydClientClosedException>(() => { client.PrepareCallback(TestActor); });
        Assert.Throws<KcopydClientClosedException>(() => { client.Copy(Random(Piece).Whole(), Whole(Mirrors(1, Piece)), CopyFlags.None, TestActor); });
        await Assert.ThrowsAsync<KcopydClientClosedException>(() => client.GetStatusAsync());
    }
}
