using Kcopyd.Actors.Faults;
using Xunit;

namespace Kcopyd.Actors.Tests.Telemetry;

public sealed class Oldest_io_should() : EngineSpec(VirtualTime)
{
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(5);

    private readonly string _name = "oldest-" + Guid.NewGuid().ToString("N");

    [Fact]
    public async Task be_measured_while_a_device_hangs_by_the_piece_that_it_has_had_for_longest()
    {
        using var meters = new Meters(_name);
        var client = Client(name: _name);
        var (first, second) = (Random(Piece).WithStall(), Random(Piece).WithStall());
        var job = client.CopyAsync(first.Whole(), Whole(BlockDevice.Memory(Piece)));
        await Soon(first.WaitingAsync());
        Assert.Equal(0, await Measure(client, meters));
        // Ages use the real clock: this one must be long enough to be distinct from that of the second I/O.
        var once = 0.0;
        await Until(async () =>
        {
            Scheduler.Advance(Look);
            once = await Measure(client, meters);
            return once >= 0.1;
        });
        var other = client.CopyAsync(second.Whole(), Whole(BlockDevice.Memory(Piece)));
        await Soon(second.WaitingAsync());
        Scheduler.Advance(Look);
        var twice = await Measure(client, meters);
        Assert.True(twice >= once, $"{once} s, then {twice} s");

        second.Release();
        await Soon(other);
        Scheduler.Advance(Look);
        Assert.True(await Measure(client, meters) >= twice);     // the first is still in flight
        first.Release();
        await Soon(job);
        Scheduler.Advance(Look);
        Assert.Equal(0, await Measure(client, meters));
    }

    private static async Task<double> Measure(KcopydClient client, Meters meters)
    {
        await Soon(client.GetStatusAsync());    // after the messages that its timers have sent
        meters.Clear();
        meters.Collect();
        return Assert.Single(meters.Of("kcopyd.io.oldest")).Value;
    }
}
