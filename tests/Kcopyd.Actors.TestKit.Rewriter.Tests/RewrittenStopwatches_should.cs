using System.Diagnostics;
using Kcopyd.Actors.TestKit.Intercepts;
using Kcopyd.Actors.TestKit.Rewriter.Tests.Support;
using Xunit;

namespace Kcopyd.Actors.TestKit.Rewriter.Tests;

public sealed class RewrittenStopwatches_should : IDisposable
{
    private readonly RewrittenSample _sample = new();
    private readonly FakeEnvironment _environment = new();

    public void Dispose() => _sample.Dispose();

    [Fact]
    public void measure_real_time_outside_a_simulation()
    {
        var watch = _sample.Call<Stopwatch>("Watches.StartNew");
        SpinWait.SpinUntil(() => watch.ElapsedMilliseconds > 1);
        Assert.InRange(_sample.Call<TimeSpan>("Watches.Elapsed", watch), TimeSpan.FromMilliseconds(1), watch.Elapsed);
        _sample.Call("Watches.Stop", watch);
        Assert.False(watch.IsRunning);
        Assert.Equal(watch.ElapsedTicks, _sample.Call<long>("Watches.Ticks", watch));
        Assert.Equal(watch.ElapsedMilliseconds, _sample.Call<long>("Watches.Milliseconds", watch));
        _sample.Call("Watches.Reset", watch);
        Assert.Equal(0, watch.ElapsedTicks);
        _sample.Call("Watches.Start", watch);
        _sample.Call("Watches.Restart", watch);
        Assert.True(watch.IsRunning);
    }

    [Fact]
    public void measure_virtual_time_in_a_simulation_while_they_run()
    {
        _environment.Advance(7);
        var watch = In<Stopwatch>("Watches.StartNew");
        _environment.Advance(1.5);
        Assert.Equal(TimeSpan.FromSeconds(1.5), In<TimeSpan>("Watches.Elapsed", watch));
        In<object?>("Watches.Stop", watch);
        _environment.Advance(10);
        Assert.Equal(1500, In<long>("Watches.Milliseconds", watch));
        In<object?>("Watches.Start", watch);
        In<object?>("Watches.Start", watch);
        _environment.Advance(1);
        Assert.Equal(Stopwatch.Frequency * 5 / 2, In<long>("Watches.Ticks", watch));
        In<object?>("Watches.Restart", watch);
        _environment.Advance(3);
        Assert.Equal(TimeSpan.FromSeconds(3), In<TimeSpan>("Watches.Elapsed", watch));
        In<object?>("Watches.Reset", watch);
        _environment.Advance(3);
        Assert.Equal(TimeSpan.Zero, In<TimeSpan>("Watches.Elapsed", watch));
        Assert.False(watch.IsRunning);
    }

    [Fact]
    public void start_anew_in_each_simulation_if_they_are_kept_in_a_static_field()
    {
        Assert.NotEqual(TimeSpan.Zero, _sample.Call<TimeSpan>("Watches.OfEternal"));
        foreach (var environment in new[] { _environment, new FakeEnvironment() })
        {
            Assert.Equal(TimeSpan.Zero, _sample.Call<TimeSpan>(environment, "Watches.OfEternal"));
            environment.Advance(2);
            Assert.Equal(TimeSpan.FromSeconds(2), _sample.Call<TimeSpan>(environment, "Watches.OfEternal"));
        }
        Assert.NotEqual(TimeSpan.FromSeconds(2), _sample.Call<TimeSpan>("Watches.OfEternal"));
    }

    [Fact]
    public void keep_running_in_real_time_after_a_simulation_that_started_them()
    {
        var watch = In<Stopwatch>("Watches.StartNew");
        _environment.Advance(1000);
        SpinWait.SpinUntil(() => watch.ElapsedTicks > 0);
        Assert.InRange(_sample.Call<TimeSpan>("Watches.Elapsed", watch).TotalSeconds, 0, 900);
    }

    [Fact]
    public void be_started_by_a_delegate()
    {
        var watch = new Stopwatch();
        var start = _sample.Call<Action>("Watches.StartAsDelegate", watch);
        _environment.Advance(5);
        using (Interception.Enter(_environment))
            start();
        _environment.Advance(1);
        Assert.Equal(TimeSpan.FromSeconds(1), In<TimeSpan>("Watches.Elapsed", watch));
    }

    private T In<T>(string method, params object?[] arguments) => _sample.Call<T>(_environment, method, arguments);
}
