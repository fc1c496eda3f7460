using System.Diagnostics;
using Kcopyd.Actors.TestKit.Intercepts;
using Kcopyd.Actors.TestKit.Rewriter.Tests.Support;
using Xunit;

namespace Kcopyd.Actors.TestKit.Rewriter.Tests;

public sealed class RewrittenClocks_should : IDisposable
{
    private readonly RewrittenSample _sample = new();
    private readonly FakeEnvironment _environment = new();

    public void Dispose() => _sample.Dispose();

    [Fact]
    public void show_the_real_time_outside_a_simulation()
    {
        InOrder(DateTime.UtcNow, _sample.Call<DateTime>("Clocks.UtcNow"), DateTime.UtcNow);
        InOrder(DateTime.Now, _sample.Call<DateTime>("Clocks.Now"), DateTime.Now);
        InOrder(DateTime.Today, _sample.Call<DateTime>("Clocks.Today"), DateTime.Today);
        InOrder(DateTimeOffset.UtcNow, _sample.Call<DateTimeOffset>("Clocks.OffsetUtcNow"), DateTimeOffset.UtcNow);
        InOrder(DateTimeOffset.Now, _sample.Call<DateTimeOffset>("Clocks.OffsetNow"), DateTimeOffset.Now);
        InOrder(Environment.TickCount64, _sample.Call<long>("Clocks.TickCount64"), Environment.TickCount64);
        InOrder(Environment.TickCount, _sample.Call<int>("Clocks.TickCount"), Environment.TickCount);
        InOrder(Stopwatch.GetTimestamp(), _sample.Call<long>("Clocks.Timestamp"), Stopwatch.GetTimestamp());
        InOrder(Stopwatch.GetElapsedTime(0), _sample.Call<TimeSpan>("Clocks.SinceBoot"), Stopwatch.GetElapsedTime(0));
        InOrder(DateTimeOffset.UtcNow, _sample.Call<TimeProvider>("Clocks.System").GetUtcNow(), DateTimeOffset.UtcNow);
        Assert.Equal(DateTimeKind.Utc, _sample.Call<DateTime>("Clocks.UtcNow").Kind);
        Assert.Same(TimeZoneInfo.Local, _sample.Call<TimeProvider>("Clocks.System").LocalTimeZone);
    }

    [Fact]
    public void show_virtual_time_in_a_simulation()
    {
        _environment.Advance(100);
        var now = FakeEnvironment.Epoch.AddSeconds(100);
        var local = now.ToOffset(TimeSpan.FromHours(5));
        Assert.Equal(now.UtcDateTime, In<DateTime>("Clocks.UtcNow"));
        Assert.Equal(DateTimeKind.Utc, In<DateTime>("Clocks.UtcNow").Kind);
        Assert.Equal(local.DateTime, In<DateTime>("Clocks.Now"));
        Assert.Equal(DateTimeKind.Local, In<DateTime>("Clocks.Now").Kind);
        Assert.Equal(local.Date, In<DateTime>("Clocks.Today"));
        Assert.True(now.EqualsExact(In<DateTimeOffset>("Clocks.OffsetUtcNow")));
        Assert.True(local.EqualsExact(In<DateTimeOffset>("Clocks.OffsetNow")));
        Assert.Equal(100_000, In<int>("Clocks.TickCount"));
        Assert.Equal(100_000, In<long>("Clocks.TickCount64"));
        Assert.Equal(100 * Stopwatch.Frequency, In<long>("Clocks.Timestamp"));
        Assert.Equal(TimeSpan.FromSeconds(100), In<TimeSpan>("Clocks.SinceBoot"));
        Assert.Equal([now.UtcDateTime, now.UtcDateTime], Iterate());
    }

    [Fact]
    public void follow_a_delegate_and_a_time_provider_that_were_taken_outside()
    {
        var clock = _sample.Call<Func<long>>("Clocks.ClockAsDelegate");
        var provider = _sample.Call<TimeProvider>("Clocks.System");
        Assert.NotEqual(0, clock());
        using (Interception.Enter(_environment))
        {
            Assert.Equal(0, clock());
            Assert.Equal(FakeEnvironment.Epoch, provider.GetUtcNow());
            Assert.Equal(TimeSpan.TicksPerSecond, provider.TimestampFrequency);
            Assert.Same(_environment.LocalTimeZone, provider.LocalTimeZone);
        }
    }

    [Fact]
    public async Task be_virtual_in_an_async_method_that_waits_for_virtual_time()
    {
        var later = In<Task<DateTime>>("Clocks.Later");
        _environment.Advance(0.5);
        Assert.False(later.IsCompleted);
        _environment.Advance(0.5);
        Assert.True(later.IsCompletedSuccessfully);
        Assert.Equal(FakeEnvironment.Epoch.AddSeconds(1).UtcDateTime, await later);
    }

    [Fact]
    public void stay_real_on_other_threads_which_are_reported()
    {
        List<string> outside = [];
        var real = DateTime.UtcNow;
        Interception.CalledOutside += Report;
        try
        {
            DateTime seen = default;
            using (Interception.Enter(_environment))
            {
                var thread = new Thread(() => seen = _sample.Call<DateTime>("Clocks.UtcNow"));
                thread.Start();
                thread.Join();
            }
            InOrder(real, seen, DateTime.UtcNow);
        }
        finally
        {
            Interception.CalledOutside -= Report;
        }
        Assert.Contains("DateTimeUtcNow", outside);

        void Report(string what)
        {
            lock (outside)
                outside.Add(what);
        }
    }

    private T In<T>(string method) => _sample.Call<T>(_environment, method);

    private DateTime[] Iterate()
    {
        using (Interception.Enter(_environment))
            return [.. _sample.Call<IEnumerable<DateTime>>("Clocks.Twice")];
    }

    private static void InOrder<T>(T before, T seen, T after)
        where T : IComparable<T>
    {
        Assert.InRange(seen.CompareTo(before), 0, 1);
        Assert.InRange(after.CompareTo(seen), 0, 1);
    }
}
