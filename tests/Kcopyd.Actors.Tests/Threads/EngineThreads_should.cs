using System.Collections.Concurrent;
using Akka.Actor;
using Akka.Dispatch;
using Akka.Event;
using Kcopyd.Actors.Threads;
using Xunit;

namespace Kcopyd.Actors.Tests.Threads;

[Collection(Alone.Name)]
public sealed class EngineThreads_should : AkkaTestKit
{
    private static readonly TimeSpan Enough = TimeSpan.FromSeconds(60);

    private EngineThreads Pool(int target = 2, int max = 64) => new("pool", target, max, Sys.EventStream);

    [Fact]
    public void run_what_many_threads_schedule_once_each()
    {
        const int Producers = 8, Each = 20_000;
        var pool = Pool();
        var counts = new int[Producers * Each];
        using var left = new CountdownEvent(counts.Length);
        var producers = Enumerable.Range(0, Producers).Select(p => new Thread(() =>
        {
            for (var i = p * Each; i < (p + 1) * Each; i++)
            {
                var mine = i;
                pool.Execute(new Work(() =>
                {
                    Interlocked.Increment(ref counts[mine]);
                    left.Signal();
                }));
            }
        })).ToList();
        producers.ForEach(thread => thread.Start());
        Assert.True(left.Wait(Enough));
        producers.ForEach(thread => thread.Join());
        Assert.DoesNotContain(counts, count => count != 1);
        pool.Shutdown();
    }

    [Fact]
    public void run_what_its_own_threads_schedule_in_chains_and_trees()
    {
        const int Roots = 200, Depth = 9;
        var pool = Pool();
        using var left = new CountdownEvent(Roots * ((1 << (Depth + 1)) - 1));
        void Grow(int depth) => pool.Execute(new Work(() =>
        {
            if (depth < Depth)
            {
                Grow(depth + 1);
                Grow(depth + 1);
            }
            left.Signal();
        }));
        for (var i = 0; i < Roots; i++)
            Grow(0);
        Assert.True(left.Wait(Enough), $"{left.CurrentCount} never ran.");
        pool.Shutdown();
    }

    [Fact]
    public void never_lose_the_wake_up_of_a_thread_that_is_about_to_park()
    {
        var pool = Pool(target: 1);
        using var ran = new SemaphoreSlim(0);
        var work = new Work(() => ran.Release());
        for (var i = 0; i < 50_000; i++)
        {
            pool.Execute(work);     // each time the pool is idle, or about to become idle
            Assert.True(ran.Wait(Enough), $"Number {i} never ran.");
        }
        pool.Shutdown();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void replace_threads_that_block_whether_they_say_so_or_not(bool saySo)
    {
        const int Blockers = 20;
        var pool = Pool(target: 2, max: Blockers + 2);
        using var release = new ManualResetEventSlim();
        using var inside = new CountdownEvent(Blockers);
        for (var i = 0; i < Blockers; i++)
        {
            pool.Execute(new Work(() =>
            {
                if (saySo)
                    EngineThread.MayBlock();
                inside.Signal();
                release.Wait();
            }));
        }
        Assert.True(inside.Wait(Enough), $"{inside.CurrentCount} wait behind those that block.");
        using var other = new ManualResetEventSlim();
        pool.Execute(new Work(other.Set));
        Assert.True(other.Wait(Enough), "Nothing runs while the others block.");
        release.Set();
        pool.Shutdown();
    }

    [Fact]
    public void have_no_more_threads_than_it_may()
    {
        const int Max = 5;
        var pool = Pool(target: 2, max: Max);
        using var release = new ManualResetEventSlim();
        using var left = new CountdownEvent(20);
        var threads = new ConcurrentDictionary<int, bool>();
        for (var i = 0; i < 20; i++)
        {
            pool.Execute(new Work(() =>
            {
                EngineThread.MayBlock();
                threads[Environment.CurrentManagedThreadId] = true;
                if (threads.Count == Max)
                    release.Set();
                release.Wait();
                left.Signal();
            }));
        }
        Assert.True(left.Wait(Enough));
        Assert.Equal(Max, threads.Count);
        pool.Shutdown();
    }

    [Fact]
    public void live_on_when_a_runnable_throws_and_publish_what_it_threw()
    {
        Sys.EventStream.Subscribe(TestActor, typeof(Error));
        var pool = Pool();
        pool.Execute(new Work(() => throw new InvalidOperationException("a bug")));
        Assert.Equal("a bug", ExpectMsg<Error>(Enough).Cause.Message);
        using var ran = new ManualResetEventSlim();
        pool.Execute(new Work(ran.Set));
        Assert.True(ran.Wait(Enough));
        pool.Shutdown();
    }

    [Fact]
    public void cost_who_schedules_from_outside_no_byte()
    {
        var pool = Pool();
        int scheduled = 0, ran = 0;
        var work = new Work(() => Interlocked.Increment(ref ran));
        Assert.Equal(0, Allocation.InEveryRun(() =>
        {
            for (var i = 0; i < 10_000; i++)
            {
                pool.Execute(work);
                scheduled++;
                while (scheduled - Volatile.Read(ref ran) > 16)
                    Thread.SpinWait(10);
            }
        }));
        Assert.True(SpinWait.SpinUntil(() => Volatile.Read(ref ran) == scheduled, Enough));
        pool.Shutdown();
    }

    [Fact]
    public void end_its_threads_and_refuse_when_it_is_shut_down()
    {
        var pool = Pool(target: 3);
        var threads = new ConcurrentDictionary<Thread, bool>();
        using var barrier = new Barrier(4);
        for (var i = 0; i < 3; i++)
        {
            pool.Execute(new Work(() =>
            {
                threads[Thread.CurrentThread] = true;
                barrier.SignalAndWait(Enough);
            }));
        }
        Assert.True(barrier.SignalAndWait(Enough));
        pool.Shutdown();
        Assert.All(threads.Keys, thread => Assert.True(thread.Join(Enough), $"{thread.Name} is still running."));
        Assert.Throws<RejectedExecutionException>(() => pool.Execute(new Work(() => { })));
    }

    [Fact]
    public async Task end_with_their_actor_system()
    {
        static bool AnyThread() => Directory.GetDirectories("/proc/self/task").Any(task =>
        {
            try
            {
                return File.ReadAllText(Path.Combine(task, "comm")).StartsWith("leaktest", StringComparison.Ordinal);
            }
            catch (IOException)
            {
                return false;   // it has ended in the meantime
            }
        });
        var system = ActorSystem.Create("leak", """
            kcopyd.client { dispatcher = leaktest, worker-dispatcher = leaktest }
            leaktest {
              type = Dispatcher, throughput = 30, threads = 2, max-threads = 4
              executor = "Kcopyd.Actors.Threads.EngineThreadsConfigurator, Kcopyd.Actors"
            }
            """);
        var client = system.Kcopyd().CreateClient();
        await client.CopyAsync(BlockDevice.Memory(4096).Whole(), [BlockDevice.Memory(4096).Whole()]);
        Assert.True(AnyThread());
        await client.DestroyAsync();
        await system.Terminate();
        Assert.True(SpinWait.SpinUntil(() => !AnyThread(), Enough), "Threads of a terminated system are still running.");
    }

    private sealed class Work(Action action) : IRunnable
    {
        public void Run() => action();

        public void Execute() => action();
    }
}
