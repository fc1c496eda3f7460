using Kcopyd.Actors.TestKit.Rewriter.Tests.Support;
using Xunit;

namespace Kcopyd.Actors.TestKit.Rewriter.Tests;

public sealed class RewrittenCancellations_should : IDisposable
{
    private readonly RewrittenSample _sample = new();
    private readonly FakeEnvironment _environment = new();

    public void Dispose() => _sample.Dispose();

    public static TheoryData<object> Times => [1000, TimeSpan.FromSeconds(1)];

    [Theory]
    [MemberData(nameof(Times))]
    public void happen_in_virtual_time(object time)
    {
        using var plain = In<CancellationTokenSource>("Cancellations.New");
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(CancellationToken.None);
        using var timed = In<CancellationTokenSource>("Cancellations.New", time);
        CancellationTokenSource[] sources = [plain, linked, timed];
        foreach (var source in sources)
        {
            In<object?>("Cancellations.After", source, time);
            In<object?>("Cancellations.After", source, time);
        }
        _environment.Advance(0.9);
        Assert.All(sources, s => Assert.False(s.IsCancellationRequested));
        _environment.Advance(0.1);
        Assert.All(sources, s => Assert.True(s.IsCancellationRequested));
    }

    [Theory]
    [MemberData(nameof(Times))]
    public async Task happen_in_real_time_outside_a_simulation(object time)
    {
        var soon = time is int ? (object)1 : TimeSpan.FromMilliseconds(1);
        using var timed = _sample.Call<CancellationTokenSource>("Cancellations.New", soon);
        using var plain = _sample.Call<CancellationTokenSource>("Cancellations.New");
        Assert.Equal(typeof(CancellationTokenSource), plain.GetType());
        Assert.True(_sample.Call<bool>("Cancellations.TryReset", plain));
        _sample.Call("Cancellations.After", plain, soon);
        foreach (var source in new[] { timed, plain })
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Task.Delay(TimeSpan.FromMinutes(1), source.Token));
    }

    [Fact]
    public void leave_no_timer_behind()
    {
        In<CancellationTokenSource>("Cancellations.New", 1000).Dispose();
        var source = In<CancellationTokenSource>("Cancellations.New", 1000);
        Assert.Equal(1, _environment.ActiveTimers);
        Assert.True(In<bool>("Cancellations.TryReset", source));
        Assert.Equal(0, _environment.ActiveTimers);
        In<object?>("Cancellations.After", source, 1000);
        source.Dispose();
        Assert.Equal(0, _environment.ActiveTimers);
        Assert.Throws<ObjectDisposedException>(() => In<object?>("Cancellations.After", source, 1000));
    }

    [Fact]
    public void not_fail_after_a_linked_source_is_disposed()
    {
        var source = CancellationTokenSource.CreateLinkedTokenSource(CancellationToken.None);
        In<object?>("Cancellations.After", source, 1000);
        source.Dispose();
        _environment.Advance(2);
        Assert.False(source.IsCancellationRequested);
    }

    [Fact]
    public void happen_at_once_after_no_time_and_refuse_a_negative_one()
    {
        Assert.True(In<CancellationTokenSource>("Cancellations.New", 0).IsCancellationRequested);
        Assert.Throws<ArgumentOutOfRangeException>(() => In<CancellationTokenSource>("Cancellations.New", -2));
        using var never = In<CancellationTokenSource>("Cancellations.New", Timeout.Infinite);
        _environment.Advance(1e6);
        Assert.False(never.IsCancellationRequested);
    }

    private T In<T>(string method, params object?[] arguments) => _sample.Call<T>(_environment, method, arguments);
}
