using System.Collections.Concurrent;
using Akka.Actor;
using Kcopyd.Actors.Faults;
using Xunit;

namespace Kcopyd.Actors.Tests.Client;

public sealed class Callbacks_should : EngineSpec
{
    private readonly MemoryBlockDevice _source = Random(Piece);

    [Fact]
    public async Task run_one_at_a_time_whoever_submits()
    {
        const int Threads = 4, Each = 2000;
        var client = Client();
        var done = new CountdownEvent(Threads * Each);
        int inside = 0, collisions = 0, unlocked = 0;
        CopyNotify callback = (_, _, _) =>
        {
            if (Interlocked.Increment(ref inside) != 1)
                Interlocked.Increment(ref collisions);
            unlocked++;     // without a lock, and yet no increment is lost
            Interlocked.Decrement(ref inside);
            done.Signal();
        };
        var threads = Enumerable.Range(0, Threads).Select(_ => new Thread(() =>
        {
            var mirror = BlockDevice.Memory(Piece);
            for (var i = 0; i < Each; i++)
            {
                if (i % 4 == 0)
                    client.PrepareCallback(callback).Submit();
                else
                    client.Copy(_source.Whole(), [mirror.Whole()], CopyFlags.None, callback);
            }
        })).ToList();
        threads.ForEach(thread => thread.Start());
        Assert.True(await Task.Run(() => done.Wait(TimeSpan.FromSeconds(60))));
        Assert.Equal(0, collisions);
        Assert.Equal(Threads * Each, unlocked);
        threads.ForEach(thread => thread.Join());
        done.Dispose();
    }

    [Fact]
    public async Task never_run_on_the_stack_of_the_caller_even_of_one_that_is_itself_a_callback()
    {
        var client = Client();
        var order = new ConcurrentQueue<string>();
        client.Copy(_source.Region(0, 0), [_source.Region(0, 0)], CopyFlags.None, (_, _, _) =>
        {
            client.Copy(_source.Region(0, 0), [_source.Region(0, 0)], CopyFlags.None, (_, _, _) =>
            {
                order.Enqueue("inner");
                TestActor.Tell("done");
            });
            client.PrepareCallback((_, _, _) => order.Enqueue("token")).Submit();
            order.Enqueue("outer returns");
        });
        await ExpectMsgAsync("done");
        await Until(() => order.Count == 3);
        Assert.Equal(["outer returns", "inner", "token"], order);
    }

    [Fact]
    public async Task not_hold_up_the_thread_that_submits()
    {
        var client = Client();
        using var gate = new ManualResetEventSlim();
        client.Copy(_source.Region(0, 0), [_source.Region(0, 0)], CopyFlags.None, (_, _, _) => gate.Wait());
        var second = client.CopyAsync(_source.Region(0, 0), [_source.Region(0, 0)]);
        Assert.False(second.IsCompleted);   // the first callback blocks the client, not this thread
        gate.Set();
        await Soon(second);
    }

    [Fact]
    public async Task throw_without_harm_logged_and_notified_once()
    {
        var client = Client();
        var calls = 0;
        await EventFilter.Exception<InvalidDataException>(contains: "threw").ExpectAsync(3, async () =>
        {
            client.Copy(_source.Whole(), Whole(Mirrors(1, Piece)), CopyFlags.None, (_, _, _) => Throw(ref calls));
            client.Copy(_source.Whole(), Whole(Mirrors(1, Piece)), CopyFlags.None, (CopyResult _) => Throw(ref calls));
            client.PrepareCallback((_, _, _) => Throw(ref calls)).Submit();
            await Until(() => Volatile.Read(ref calls) == 3);
        });
        Assert.True((await Soon(client.CopyAsync(_source.Whole(), Whole(Mirrors(1, Piece))))).IsSuccess);
        await Soon(client.DestroyAsync());
        Assert.Equal(3, calls);
    }

    [Fact]
    public async Task take_every_form_and_give_the_context_back()
    {
        var client = Client();
        var context = new object();
        var bad = BlockDevice.Memory(Piece).WithErrors(ByteRange.Sectors(0));
        var to = Whole(BlockDevice.Memory(Piece), bad);

        client.Copy(_source.Whole(), to, CopyFlags.None, TestActor, context);
        var told = await ExpectMsgAsync<CopyResult>();
        Assert.Same(context, told.Context);
        Assert.Equal(0b10UL, told.WriteErrors);

        var bare = new TaskCompletionSource<(bool, ulong, object?)>();
        client.Copy(_source.Whole(), to, CopyFlags.None, (read, write, back) => bare.SetResult((read, write, back)), context);
        Assert.Equal((false, 0b10UL, context), await Soon(bare.Task));

        var full = new TaskCompletionSource<CopyResult>();
        var job = client.Copy(_source.Whole(), to, CopyFlags.None, full.SetResult, context);
        var result = await Soon(full.Task);
        Assert.Same(context, result.Context);
        Assert.Equal(job.Id, result.JobId);
        Assert.Equal(0b10UL, result.WriteErrors);

        Assert.Equal(0b10UL, (await Soon(client.CopyAsync(_source.Whole(), to))).WriteErrors);
    }

    [Fact]
    public async Task come_before_new_reads_are_started()
    {
        // At most one piece is in flight, and a read runs on the stack of the caller that starts it: if the second read were started before the first job's
        // callback runs, the callback would count it.
        var source = new CountingDevice(Random(3 * Piece));
        var client = Client(s => s with { MaxSubJobs = 1, WorkerDispatcher = "akka.test.calling-thread-dispatcher" });
        await Soon(client.CopyAsync(source.Region(16, 8), Whole(Mirrors(1, Piece))));     // creates the crew
        var readsSeen = new TaskCompletionSource<int>();
        using var submitted = new ManualResetEventSlim();
        client.PrepareCallback((_, _, _) => submitted.Wait()).Submit();
        client.Copy(source.Region(0, 8), Whole(Mirrors(1, Piece)), CopyFlags.None, (_, _, _) => readsSeen.SetResult(source.Reads));
        var second = client.CopyAsync(source.Region(8, 8), Whole(Mirrors(1, Piece)));
        submitted.Set();
        Assert.Equal(2, await Soon(readsSeen.Task));
        await Soon(second);
        Assert.Equal(3, source.Reads);
    }

    [Fact]
    public async Task have_run_when_a_flush_ends_that_waits_for_no_job()
    {
        var client = Client();
        var stall = Random(Piece).WithStall();
        client.Copy(stall.Whole(), Whole(Mirrors(1, Piece)), CopyFlags.None, TestActor);
        var ran = 0;
        for (var i = 1; i <= 1000; i++)
        {
            client.PrepareCallback((_, _, _) => ran++).Submit();
            if (i % 100 == 0)
            {
                await Soon(client.FlushCallbacksAsync());
                Assert.Equal(i, ran);
            }
        }
        await ExpectNoMsgAsync(TimeSpan.Zero);      // the copy is still stalled
        stall.Release();
        await Soon(client.DestroyAsync());
        await Soon(client.FlushCallbacksAsync());
    }

    private static void Throw(ref int calls)
    {
        Interlocked.Increment(ref calls);
        throw new InvalidDataException("a user's bug");
    }
}
