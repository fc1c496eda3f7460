using CsCheck;
using Xunit;

namespace Kcopyd.Actors.Tests.Properties;

public sealed class KcopydThrottle_always_should
{
    private static readonly long Start = new DateTime(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc).Ticks;
    private static readonly long Minute = TimeSpan.TicksPerMinute;

    [Fact]
    public void keep_to_its_bytes_per_second_and_use_them() =>
        Gen.Select(Gen.Int[10_000, 50_000_000], Gen.Int[1, 64].Array[1, 20]).Sample((rate, sizes) =>
        {
            var throttle = new KcopydThrottle(bytesPerSecond: rate);
            var (now, bytes, i) = (Start, 0L, 0);
            var largest = sizes.Max() * 4096L;
            while (now < Start + Minute)
            {
                var size = sizes[i % sizes.Length] * 4096L;
                if (!throttle.TryStart(size, now, out var wait))
                {
                    now += wait.Ticks;
                    continue;
                }
                throttle.Ended(now);
                bytes += size;
                i++;
            }
            var due = rate * 60.0;
            Assert.InRange(bytes, due - largest - rate * 0.01, due + largest + rate * 0.11);
        });

    [Fact]
    public void keep_to_its_percentage_of_time_and_use_it() =>
        Gen.Select(Gen.Int[5, 99], Gen.Int[1, 40].Array[1, 20]).Sample((percent, milliseconds) =>
        {
            var throttle = new KcopydThrottle(percent);
            var (now, busy, i) = (Start, 0L, 0);
            while (now < Start + Minute)
            {
                if (!throttle.TryStart(4096, now, out var wait))
                {
                    now += wait.Ticks;
                    continue;
                }
                var io = milliseconds[i++ % milliseconds.Length] * TimeSpan.TicksPerMillisecond;
                now += io;
                busy += io;
                throttle.Ended(now);
            }
            Assert.InRange(100.0 * busy / (now - Start), percent - 6, percent + 6);
        });

    [Fact]
    public void let_a_client_go_on_when_another_of_it_has_left_nothing_in_flight() =>
        Gen.Select(Gen.Int[1, 99], Gen.Int[1, 8]).Sample((percent, inFlight) =>
        {
            var throttle = new KcopydThrottle(percent);
            var now = Start;
            for (var i = 0; i < inFlight; i++)
                throttle.TryStart(1, now, out _);
            for (var i = 0; i < inFlight; i++)
                throttle.Ended(now += TimeSpan.TicksPerMillisecond);
            for (var waits = 0; !throttle.TryStart(1, now, out var wait); waits++)
            {
                Assert.InRange(waits, 0, 3);
                now += wait.Ticks;
            }
        });
}
