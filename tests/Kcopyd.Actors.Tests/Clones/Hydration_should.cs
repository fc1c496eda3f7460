using Kcopyd.Actors.Clones;
using Kcopyd.Actors.Faults;
using Kcopyd.Actors.Tests.Devices;
using Xunit;

namespace Kcopyd.Actors.Tests.Clones;

/// <summary>The background hydration completes, follows the reader, and is patient with bad sectors.</summary>
public sealed class Hydration_should() : CloneSpec(VirtualTime)
{
    private static readonly CloneOptions Automatic = Manual with { NoHydration = false, HydrationThreshold = 4, HydrationBatchSize = 2 };

    [Fact]
    public async Task copy_everything_and_commit_it_once()
    {
        Sys.EventStream.Subscribe(TestActor, typeof(CloneHydrated));
        await using var clone = await Open(Automatic);

        await Soon(clone.WhenHydratedAsync());

        Assert.Equal(Source.Bytes.ToArray(), Destination.Bytes.ToArray());
        Assert.Equal(Regions, await Committed(Metadata));
        var status = (await ExpectMsgAsync<CloneHydrated>()).Status;
        Assert.Equal("8 6/16 8 64/64 0 0 4 hydration_threshold 4 hydration_batch_size 2 rw", status.ToString());
        Assert.Equal(TimeSpan.Zero, status.TimeLeft);
        await ExpectNoMsgAsync(TimeSpan.Zero);
    }

    [Fact]
    public async Task keep_what_was_written_before()
    {
        var clone = await Open();
        await Write(clone, 512, Bytes.Random(9 * Region, 6));
        await Write(clone, 60 * Region, Bytes.Random(Region, 6));
        var expected = await ReadAll(clone);

        await clone.EnableHydrationAsync();
        await Soon(clone.WhenHydratedAsync());

        Assert.Equal(expected, Destination.Bytes.ToArray());
        await clone.DisposeAsync();
    }

    [Fact]
    public async Task ascend_from_the_first_region()
    {
        var source = new CountingDevice(Source);
        await using var clone = await Open(Automatic with { HydrationThreshold = 1, HydrationBatchSize = 1 }, source);

        await Soon(clone.WhenHydratedAsync());

        Assert.Equal(Enumerable.Range(0, Regions).Select(static region => (long)region * Region), source.Log.Select(static entry => entry.Offset));
    }

    [Fact]
    public async Task continue_at_the_regions_that_were_just_read()
    {
        var source = new CountingDevice(Source);
        var clone = await Open(Manual with { HydrationThreshold = 1, HydrationBatchSize = 1 }, source);
        await Read(clone, 40 * Region, new byte[512]);

        await clone.EnableHydrationAsync();
        await Soon(clone.WhenHydratedAsync());

        Assert.Equal(Enumerable.Range(40, 24).Concat(Enumerable.Range(0, 40)).Select(static region => (long)region * Region),
            source.Log.Skip(1).Select(static entry => entry.Offset));
        await clone.DisposeAsync();
    }

    [Fact]
    public async Task pause_after_a_failed_copy_and_hydrate_everything_but_the_bad_region()
    {
        Sys.EventStream.Subscribe(TestActor, typeof(CloneHydrationFailed));
        var source = new CountingDevice(Source.WithErrors(new ByteRange(5 * Region, 512)));
        await using var clone = await Open(Automatic with { HydrationThreshold = 8, HydrationBatchSize = 8 }, source);

        var first = await ExpectMsgAsync<CloneHydrationFailed>();
        Assert.Equal((0L, 8L * Region, IoError.Io, true, TimeSpan.FromSeconds(1)), (first.Offset, first.Length, first.Error, first.OnSource, first.Pause));
        await NothingMore(clone, source);
        await clone.SetHydrationThresholdAsync(1);      // in order
        Scheduler.Advance(TimeSpan.FromSeconds(1));
        var second = await ExpectMsgAsync<CloneHydrationFailed>();
        Assert.Equal((5L * Region, (long)Region, TimeSpan.FromSeconds(1)), (second.Offset, second.Length, second.Pause));
        Scheduler.Advance(TimeSpan.FromSeconds(1));
        foreach (var seconds in new[] { 1, 2, 4, 8, 16, 32, 60, 60 })
        {
            var failure = await ExpectMsgAsync<CloneHydrationFailed>();
            Assert.Equal((5L * Region, TimeSpan.FromSeconds(seconds)), (failure.Offset, failure.Pause));
            Assert.Equal(Regions - 1, await Hydrated(clone));
            Scheduler.Advance(TimeSpan.FromSeconds(seconds));
        }
    }

    [Fact]
    public async Task commit_in_time_without_a_flush_and_estimate_the_time_left()
    {
        await using var clone = await Open();
        await Write(clone, 0, Bytes.Random(16 * Region, 6));
        Assert.Null((await clone.GetStatusAsync()).TimeLeft);
        Assert.Equal(0, await Committed(Metadata));

        Scheduler.Advance(TimeSpan.FromSeconds(1));

        await Until(async () => await Committed(Metadata) == 16);
        var status = await clone.GetStatusAsync();
        Assert.Equal((16.0 * Region, TimeSpan.FromSeconds(3)), (status.BytesPerSecond, status.TimeLeft));
    }

    [Fact]
    public async Task stop_and_continue_when_told()
    {
        await using var clone = await Open(Automatic with { HydrationThreshold = 0 });
        Assert.Equal(0, await Hydrated(clone));

        await clone.SetHydrationBatchSizeAsync(3);
        await clone.DisableHydrationAsync();
        await clone.SetHydrationThresholdAsync(7);
        Assert.Equal("8 6/16 8 0/64 0 1 no_hydration 4 hydration_threshold 7 hydration_batch_size 3 rw", (await clone.GetStatusAsync()).ToString());

        await clone.EnableHydrationAsync();
        await Soon(clone.WhenHydratedAsync());
    }

    // A turn of the actor after the failure has started no copy.
    private static async Task NothingMore(Clone clone, CountingDevice source)
    {
        await clone.GetStatusAsync();
        var operations = source.Operations;
        await clone.GetStatusAsync();
        Assert.Equal(operations, source.Operations);
    }
}
