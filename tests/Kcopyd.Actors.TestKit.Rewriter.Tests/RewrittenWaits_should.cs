using Kcopyd.Actors.TestKit.Intercepts;
using Kcopyd.Actors.TestKit.Rewriter.Tests.Support;
using Xunit;

namespace Kcopyd.Actors.TestKit.Rewriter.Tests;

public sealed class RewrittenWaits_should : IDisposable
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private readonly RewrittenSample _sample = new();
    private readonly FakeEnvironment _environment = new();

    public void Dispose() => _sample.Dispose();

    public static TheoryData<string, object[]> Delays => new()
    {
        { "Tasks.Delay", [1000] },
        { "Tasks.Delay", [Second] },
        { "Tasks.Delay", [1000, CancellationToken.None] },
        { "Tasks.Delay", [Second, CancellationToken.None] },
    };

    [Theory]
    [MemberData(nameof(Delays))]
    public async Task take_virtual_time_in_a_simulation_and_real_time_elsewhere(string method, object[] arguments)
    {
        var delay = _sample.Call<Task>(_environment, method, arguments);
        _environment.Advance(0.999);
        Assert.False(delay.IsCompleted);
        _environment.Advance(0.001);
        Assert.True(delay.IsCompletedSuccessfully);
        var begin = TimeProvider.System.GetTimestamp();
        await _sample.Call<Task>(method, [arguments[0] is int ? 20 : TimeSpan.FromMilliseconds(20), .. arguments.Skip(1)]);
        Assert.InRange(TimeProvider.System.GetElapsedTime(begin).TotalMilliseconds, 15, 900_000);
        Assert.Equal(0, _environment.ActiveTimers);
    }

    [Fact]
    public async Task time_out_in_virtual_time()
    {
        var never = new TaskCompletionSource<int>().Task;
        var text = new TaskCompletionSource<string>().Task;
        Task[] waits =
        [
            In<Task>("Tasks.Wait", never, Second), In<Task>("Tasks.Wait", never, Second, CancellationToken.None),
            In<Task>("Tasks.WaitForResult", never, Second), In<Task>("Tasks.WaitForResult", never, Second, CancellationToken.None),
            In<Task>("Tasks.WaitInGenericType", text, Second),
        ];
        Assert.All(waits, w => Assert.False(w.IsCompleted));
        _environment.Advance(1);
        Assert.All(waits, w => Assert.IsType<TimeoutException>(w.Exception?.InnerException));
        await Assert.ThrowsAsync<TimeoutException>(() => _sample.Call<Task<int>>("Tasks.WaitForResult", never, TimeSpan.FromMilliseconds(1)));
        Assert.Equal("done", await _sample.Call<Task<string>>("Tasks.WaitInGenericType", Task.FromResult("done"), Second));
    }

    [Fact]
    public void sleep_in_virtual_time()
    {
        In<object?>("Threads.Sleep", 1500);
        In<object?>("Threads.Sleep", Second);
        In<object?>("Threads.Sleep", Timeout.Infinite);
        Assert.Equal([TimeSpan.FromSeconds(1.5), Second, Timeout.InfiniteTimeSpan], _environment.Slept);
        Assert.Throws<ArgumentOutOfRangeException>(() => In<object?>("Threads.Sleep", -2));
        _sample.Call("Threads.Sleep", 1);
        _sample.Call("Threads.Sleep", TimeSpan.FromMilliseconds(1));
        Assert.Equal(3, _environment.Slept.Count);
    }

    [Fact]
    public void let_the_simulation_do_what_blocking_code_waits_for()
    {
        Wait("Waits.get_ForTasks", static () => new TaskCompletionSource<int>(), static source => source.SetResult(1));
        Wait("Waits.get_ForEvents", static () => new ManualResetEventSlim(), static signal => signal.Set());
        Wait("Waits.get_ForSemaphores", static () => new SemaphoreSlim(0), static semaphore => semaphore.Release());
        Wait("Waits.get_ForCountdowns", static () => new CountdownEvent(1), static countdown => countdown.Signal());
    }

    [Fact]
    public void give_up_waiting_in_virtual_time()
    {
        using var semaphore = new SemaphoreSlim(0);
        Assert.False(In<bool>("Waits.TryTake", semaphore));
        Assert.Equal([Second], _environment.Slept);
    }

    [Fact]
    public void report_a_thread_that_a_simulation_starts()
    {
        foreach (var (start, arguments) in new (string, object?[])[]
            { ("Threads.Start", []), ("Threads.Start", [null]), ("Threads.UnsafeStart", []), ("Threads.UnsafeStart", [null]) })
        {
            using var ran = new CountdownEvent(2);
            Thread New() => new(_ => ran.Signal()) { Name = "worker" };
            _sample.Call(start, [New(), .. arguments]);
            In<object?>(start, [New(), .. arguments]);
            Assert.True(ran.Wait(TimeSpan.FromMinutes(1)));
        }
        Assert.Equal(Enumerable.Repeat("Thread.Start of thread 'worker'", 4), _environment.Left);
    }

    [Fact]
    public void report_a_socket_a_timer_and_a_process_that_a_simulation_creates()
    {
        var things = _sample.Call<IReadOnlyList<Func<IDisposable?>>>("Machine.get_Things");
        foreach (var create in things)
        {
            create()?.Dispose();
            using (Interception.Enter(_environment))
                create()?.Dispose();
        }
        Assert.Equal(things.Count, _environment.Left.Count);
    }

    [Fact]
    public async Task keep_a_long_running_task_in_the_pool_in_a_simulation()
    {
        Assert.All(await Task.WhenAll(_sample.Call<Task<bool>[]>("Tasks.LongRunning")), Assert.True);
        Assert.All(await Task.WhenAll(In<Task<bool>[]>("Tasks.LongRunning")), Assert.False);
    }

    // The first time inside a simulation, where it blocks; then outside, where it has happened already.
    private void Wait<T>(string ways, Func<T> create, Action<T> happen)
    {
        foreach (var wait in _sample.Call<IReadOnlyList<Action<T>>>(ways))
        {
            var waits = 0;
            var (inside, outside) = (create(), create());
            _environment.WhileWaiting = () =>
            {
                waits++;
                happen(inside);
            };
            using (Interception.Enter(_environment))
                wait(inside);
            Assert.Equal(1, waits);
            happen(outside);
            wait(outside);
        }
    }

    private T In<T>(string method, params object?[] arguments) => _sample.Call<T>(_environment, method, arguments);
}
