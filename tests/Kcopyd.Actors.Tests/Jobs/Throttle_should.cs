using Kcopyd.Actors.Faults;
using Kcopyd.Actors.Tests.Devices;
using Kcopyd.Actors.Tests.Simulation;
using Xunit;

namespace Kcopyd.Actors.Tests.Jobs;

public sealed class Throttle_should() : EngineSpec(VirtualTime)
{
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(5);

    [Fact]
    public async Task keep_a_client_to_its_bytes_per_second()
    {
        var client = Client(s => s with { BytesPerSecond = 100 * Piece });
        var copy = client.CopyAsync(Random(200 * Piece).Whole(), Whole(Mirrors(2, 200 * Piece)));
        var seconds = await TimeOf([client], copy);
        Assert.InRange(seconds, 1.8, 2.1);      // up to a tenth of a second may be saved up
    }

    [Fact]
    public async Task not_count_holes_of_the_source()
    {
        var client = Client(s => s with { BytesPerSecond = 100 * Piece });
        var source = new OffloadingDevice(10_000 * Piece, maps: true);
        await source.WriteAsync(5000L * Piece, Bytes.Random(50 * Piece));
        var copy = new OffloadingDevice(10_000 * Piece, maps: true);
        Assert.InRange(await TimeOf([client], client.CopyAsync(source.Whole(), Whole(copy))), 0, 2);
        Assert.True(source.Bytes.SequenceEqual(copy.Bytes));
    }

    [Fact]
    public async Task divide_the_bytes_per_second_among_the_clients_that_share_it()
    {
        var throttle = new KcopydThrottle(bytesPerSecond: 100 * Piece);
        KcopydClient[] clients = [Client(throttle: throttle), Client(throttle: throttle)];
        var copies = clients.Select(client => client.CopyAsync(Random(100 * Piece).Whole(), Whole(Mirrors(1, 100 * Piece)))).ToArray();
        Assert.InRange(await TimeOf(clients, copies), 1.8, 2.1);
    }

    [Fact]
    public async Task keep_io_in_flight_for_no_more_than_its_percentage_of_time()
    {
        var client = Client(s => s with { ThrottlePercent = 25, SubJobsPerJob = 1 });
        var (busy, total) = await Share([client], 300);
        Assert.InRange(busy / total, 0.2, 0.3);
    }

    [Fact]
    public async Task count_the_time_of_all_clients_that_share_it()
    {
        var throttle = new KcopydThrottle(percent: 40);
        KcopydClient[] clients = [Client(s => s with { SubJobsPerJob = 1 }, throttle), Client(s => s with { SubJobsPerJob = 1 }, throttle)];
        var (busy, total) = await Share(clients, 300);
        Assert.InRange(busy / total, 0.3, 0.5);
    }

    [Fact]
    public async Task wake_a_client_at_once_when_it_is_lifted()
    {
        var client = Client(s => s with { BytesPerSecond = 1 });
        var copy = client.CopyAsync(Random(20 * Piece).Whole(), Whole(Mirrors(1, 20 * Piece)));
        await Still(client);
        Assert.False(copy.IsCompleted);
        client.Throttle.Set(100, 0);
        Assert.True((await Soon(copy)).IsSuccess);     // although no time has passed
    }

    [Fact]
    public async Task be_changed_while_a_job_runs()
    {
        var client = Client(s => s with { BytesPerSecond = 10 * Piece });
        var copy = client.CopyAsync(Random(100 * Piece).Whole(), Whole(Mirrors(1, 100 * Piece)));
        Assert.InRange(await TimeOf([client], Task.Delay(-1), atMost: 1), 1, 1.1);
        client.Throttle.BytesPerSecond = 1000 * Piece;
        Assert.InRange(await TimeOf([client], copy), 0.01, 0.2);
    }

    [Fact]
    public async Task cost_nothing_and_hold_nothing_when_it_is_off()
    {
        var client = Client();
        Assert.True((await Soon(client.CopyAsync(Random(200 * Piece).Whole(), Whole(Mirrors(1, 200 * Piece))))).IsSuccess);
    }

    [Fact]
    public async Task not_wait_for_a_client_that_was_stopped_in_the_middle_of_io()
    {
        var throttle = new KcopydThrottle(percent: 50);
        var source = Random(Piece).WithStall();
        var killed = Client(throttle: throttle);
        var lost = killed.CopyAsync(source.Whole(), Whole(Mirrors(1, Piece)));
        await Soon(source.WaitingAsync());
        Scheduler.Advance(TimeSpan.FromMinutes(1));
        Sys.Stop(killed.Actor);
        await Soon(lost);
        var other = Client(throttle: throttle);
        var copy = other.CopyAsync(Random(16 * Piece).Whole(), Whole(Mirrors(1, 16 * Piece)));
        Assert.InRange(await TimeOf([other], copy, atMost: 10), 0, 2);
        Assert.True(copy.IsCompletedSuccessfully);
        source.Release();
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(101, 0)]
    [InlineData(50, -1)]
    public void refuse_what_it_cannot_be(int percent, long bytesPerSecond) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new KcopydThrottle(percent, bytesPerSecond));

    /// <summary>Advances time in small steps, each when everything else is idle, until the task is done.</summary>
    /// <returns>Seconds of the system's time.</returns>
    private async Task<double> TimeOf(KcopydClient[] clients, Task task, double atMost = 60)
    {
        var started = Scheduler.Now;
        while (true)
        {
            foreach (var client in clients)
                await Still(client);
            var seconds = (Scheduler.Now - started).TotalSeconds;
            if (task.IsCompleted || seconds >= atMost)
                return seconds;
            Scheduler.Advance(Step);
        }
    }

    private Task<double> TimeOf(KcopydClient[] clients, Task<CopyResult>[] copies) => TimeOf(clients, Task.WhenAll(copies));

    /// <summary>Each read of a source takes up to two steps of time; returns the seconds in which a read was in flight, and all seconds.</summary>
    private async Task<(double Busy, double Total)> Share(KcopydClient[] clients, int steps)
    {
        var busy = new BusyTime(Scheduler);
        var sources = clients.Select(_ => Random(1000 * Piece).WithStall()).ToArray();
        for (var i = 0; i < clients.Length; i++)
            clients[i].Copy(new TimedReads(sources[i], busy).Whole(), Whole(Mirrors(1, 1000 * Piece)), CopyFlags.None, TestActor);
        await Steps(300);       // 1.5 seconds, in which the throttle forgets the idle time before
        var (before, started) = (busy.Seconds, Scheduler.Now);
        await Steps(steps);
        var result = (busy.Seconds - before, (Scheduler.Now - started).TotalSeconds);
        foreach (var (client, source) in clients.Zip(sources))
        {
            source.Release();
            client.Throttle.Set(100, 0);
        }
        return result;

        async Task Steps(int count)
        {
            for (var step = 0; step < count; step++)
            {
                // Either the read has reached the device, or the throttle holds it back.
                foreach (var (client, source) in clients.Zip(sources))
                    await Until(async () => source.Waiting == 1 || (await client.GetStatusAsync()).SubJobsInFlight == 0);
                Scheduler.Advance(Step);
                foreach (var source in sources)
                    source.ReleaseOne();
            }
        }
    }

    /// <summary>The time in which a read of any of its devices was in flight.</summary>
    private sealed class BusyTime(VirtualScheduler scheduler)
    {
        private readonly Lock _gate = new();
        private int _inFlight;
        private DateTimeOffset _since;
        private TimeSpan _total;

        public double Seconds
        {
            get
            {
                lock (_gate)
                    return (_inFlight > 0 ? _total + (scheduler.Now - _since) : _total).TotalSeconds;
            }
        }

        public void Started()
        {
            lock (_gate)
            {
                if (_inFlight++ == 0)
                    _since = scheduler.Now;
            }
        }

        public void Ended()
        {
            lock (_gate)
            {
                if (--_inFlight == 0)
                    _total += scheduler.Now - _since;
            }
        }
    }

    private sealed class TimedReads(IBlockDevice inner, BusyTime time) : DeviceLayer(inner)
    {
        public override async ValueTask<IoResult> ReadAsync(long offset, Memory<byte> buffer)
        {
            time.Started();
            var result = await base.ReadAsync(offset, buffer);
            time.Ended();
            return result;
        }
    }
}
