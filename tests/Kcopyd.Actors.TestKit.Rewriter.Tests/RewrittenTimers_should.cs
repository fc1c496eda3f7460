using Kcopyd.Actors.TestKit.Intercepts;
using Kcopyd.Actors.TestKit.Rewriter.Tests.Support;
using Xunit;

namespace Kcopyd.Actors.TestKit.Rewriter.Tests;

public sealed class RewrittenTimers_should : IDisposable
{
    private readonly RewrittenSample _sample = new();
    private readonly FakeEnvironment _environment = new();
    private int _fired;

    public void Dispose() => _sample.Dispose();

    public static TheoryData<object[]> Times => [[1000, 500], [1000L, 500L], [1000U, 500U], [TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(0.5)]];

    [Theory]
    [MemberData(nameof(Times))]
    public void fire_change_and_end_in_virtual_time(object[] times)
    {
        var timer = In<Timer>("Timers.New", [Callback, "state", .. times]);
        _environment.Advance(0.9);
        Assert.Equal(0, _fired);
        _environment.Advance(0.1);
        Assert.Equal(1, _fired);
        _environment.Advance(1);
        Assert.Equal(3, _fired);
        Assert.True(In<bool>("Timers.Change", [timer, .. times]));
        _environment.Advance(0.9);
        Assert.Equal(3, _fired);
        _environment.Advance(0.1);
        Assert.Equal(4, _fired);
        In<object?>("Timers.Dispose", timer);
        Assert.Equal(0, _environment.ActiveTimers);
    }

    [Theory]
    [MemberData(nameof(Times))]
    public async Task fire_in_real_time_outside_a_simulation(object[] times)
    {
        var fired = new TaskCompletionSource();
        TimerCallback callback = _ => fired.TrySetResult();
        object[] soon = [.. times.Select(t => t is TimeSpan ? TimeSpan.FromMilliseconds(1) : Convert.ChangeType(1, t.GetType()))];
        var timer = _sample.Call<Timer>("Timers.New", [callback, null, .. soon]);
        await fired.Task.WaitAsync(TimeSpan.FromMinutes(1));
        Assert.True(_sample.Call<bool>("Timers.Change", [timer, .. soon]));
        using var ended = new ManualResetEvent(false);
        Assert.True(_sample.Call<bool>("Timers.Dispose", timer, ended));
        Assert.True(ended.WaitOne(TimeSpan.FromMinutes(1)));
    }

    [Fact]
    public void wait_for_their_first_change_and_get_themselves_as_state()
    {
        object? state = null;
        TimerCallback callback = s => state = s;
        var timer = In<Timer>("Timers.New", callback);
        _environment.Advance(100);
        Assert.Null(state);
        In<bool>("Timers.Change", timer, 1000, Timeout.Infinite);
        _environment.Advance(100);
        Assert.Same(timer, state);
    }

    [Fact]
    public async Task end_however_they_are_disposed()
    {
        In<object?>("Timers.Use", Callback);
        await In<Task>("Timers.UseAsync", Callback);
        await In<ValueTask>("Timers.DisposeAsync", NewTimer());
        await In<ValueTask>("Timers.DisposeThroughInterface", NewTimer());
        using (var ended = new ManualResetEvent(false))
        {
            In<bool>("Timers.Dispose", NewTimer(), ended);
            Assert.True(ended.WaitOne(TimeSpan.FromMinutes(1)));
        }
        var dispose = _sample.Call<Action>("Timers.DisposeAsDelegate", NewTimer());
        using (Interception.Enter(_environment))
            dispose();
        Assert.Equal(0, _environment.ActiveTimers);
        _environment.Advance(100);
        Assert.Equal(0, _fired);
    }

    [Fact]
    public void be_reported_if_a_simulation_changes_one_from_outside()
    {
        using var timer = _sample.Call<Timer>("Timers.New", Callback);
        In<bool>("Timers.Change", timer, Timeout.Infinite, Timeout.Infinite);
        Assert.Equal(["Timer.Change of a timer that was created outside the simulation"], _environment.Left);
    }

    [Fact]
    public async Task tick_periodically_in_virtual_time_and_outside_in_real_time()
    {
        using var periodic = In<PeriodicTimer>("Timers.Periodic", TimeSpan.FromSeconds(2));
        var tick = periodic.WaitForNextTickAsync();
        _environment.Advance(1.9);
        Assert.False(tick.IsCompleted);
        _environment.Advance(0.1);
        Assert.True(await tick);
        using var real = _sample.Call<PeriodicTimer>("Timers.Periodic", TimeSpan.FromMilliseconds(1));
        Assert.True(await real.WaitForNextTickAsync());
    }

    private TimerCallback Callback => _ => _fired++;

    private Timer NewTimer() => In<Timer>("Timers.New", Callback, null, 1000, 1000);

    private T In<T>(string method, params object?[] arguments) => _sample.Call<T>(_environment, method, arguments);
}
