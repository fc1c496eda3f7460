using Kcopyd.Actors.Clones;
using Kcopyd.Actors.Faults;
using Kcopyd.Actors.Tests.Devices;
using Kcopyd.Actors.Tests.Snapshots;
using Xunit;

namespace Kcopyd.Actors.Tests.Clones;

/// <summary>A failed commit makes the clone read-only, as in the kernel: what the committed metadata says holds from then on.</summary>
public sealed class Failing_clone_should : CloneSpec
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task become_read_only_when_its_metadata_cannot_be_written(bool onDestination)
    {
        Sys.EventStream.Subscribe(TestActor, typeof(CloneReadOnly));
        var metadata = new BreakableDevice(Metadata, IoOperations.Write);
        var destination = new BreakableDevice(Destination, IoOperations.Flush);
        var clone = await Open(null, null, destination, metadata);
        var durable = Bytes.Random(Region, 3);
        await Write(clone, 0, durable);
        await Flush(clone);
        await Write(clone, 5 * Region, Bytes.Random(Region, 4));
        (metadata.IsBroken, destination.IsBroken) = (!onDestination, onDestination);

        Assert.Equal(IoError.Io, (await Soon(clone.FlushAsync().AsTask())).Error);

        var news = await ExpectMsgAsync<CloneReadOnly>();
        Assert.Equal(("8 6/16 8 1/64 0 1 no_hydration 4 hydration_threshold 64 hydration_batch_size 16 ro", IoError.Io), (news.Status.ToString(), news.Error));
        (metadata.IsBroken, destination.IsBroken) = (false, false);
        var content = await ReadAll(clone);
        Assert.Equal(durable, content[..Region]);
        Assert.Equal(Part(Source, Region, 63 * Region), content[Region..]);         // the lost write, too
        await Write(clone, 512, new byte[512]);                                     // hydrated
        Assert.Equal(IoError.Io, (await Soon(clone.WriteAsync(5 * Region, new byte[Region]).AsTask())).Error);
        Assert.Equal(IoError.Io, (await Soon(clone.FlushAsync().AsTask())).Error);
        Assert.True((await Soon(clone.DiscardAsync(8 * Region, Region).AsTask())).IsSuccess);
        await clone.EnableHydrationAsync();
        Assert.Equal(1, await Hydrated(clone));
        await clone.DisposeAsync();

        await using var again = await Open();
        Assert.Equal((CloneMode.ReadWrite, 1L), ((await again.GetStatusAsync()).Mode, await Hydrated(again)));
    }

    [Fact]
    public async Task keep_a_commit_whose_superblock_is_on_the_device_although_its_flush_failed()
    {
        var metadata = new FailingFlush(Metadata);
        var clone = await Open(metadata: metadata);
        await Write(clone, 0, Bytes.Random(Region, 3));
        metadata.FailsAt = 2;       // the flush of the superblock

        Assert.Equal(IoError.Io, (await Soon(clone.FlushAsync().AsTask())).Error);

        var status = await clone.GetStatusAsync();
        Assert.Equal((CloneMode.ReadOnly, 1L), (status.Mode, status.HydratedRegions));
        Assert.Equal(Bytes.Random(Region, 3), (await ReadAll(clone))[..Region]);
        await clone.DisposeAsync();
        Assert.Equal(1, await Committed(Metadata));
    }

    [Fact]
    public async Task fail_when_nothing_can_tell_what_is_committed()
    {
        var metadata = new BreakableDevice(Metadata, IoOperations.Read | IoOperations.Write);
        var clone = await Open(metadata: metadata);
        await Write(clone, 0, Bytes.Random(Region, 3));
        metadata.IsBroken = true;

        Assert.Equal(IoError.Io, (await Soon(clone.FlushAsync().AsTask())).Error);

        Assert.Equal("Fail", (await clone.GetStatusAsync()).ToString());
        Assert.Equal(IoError.Io, (await Soon(clone.ReadAsync(0, new byte[512]).AsTask())).Error);
        Assert.Equal(IoError.Io, (await Soon(clone.WriteAsync(0, new byte[512]).AsTask())).Error);
        await clone.DisposeAsync();
    }

    [Fact]
    public async Task fail_a_write_whose_region_cannot_be_copied_and_leave_the_region_unhydrated()
    {
        await using var clone = await Open(source: Source.WithErrors(new ByteRange(5 * Region, 512)));

        Assert.Equal(IoError.Io, (await Soon(clone.WriteAsync(5 * Region + 1024, new byte[512]).AsTask())).Error);
        Assert.Equal(0, await Hydrated(clone));
        await Write(clone, 5 * Region, Bytes.Random(Region, 3));        // the whole region needs no copy
        Assert.Equal(1, await Hydrated(clone));
    }

    [Fact]
    public async Task leave_a_region_unhydrated_whose_write_failed()
    {
        var destination = new BreakableDevice(Destination, IoOperations.Write);
        await using var clone = await Open(destination: destination);
        destination.IsBroken = true;

        Assert.Equal(IoError.Io, (await Soon(clone.WriteAsync(Region, new byte[2 * Region]).AsTask())).Error);

        destination.IsBroken = false;
        Assert.Equal(0, await Hydrated(clone));
        Assert.Equal(Source.Bytes.ToArray(), await ReadAll(clone));
    }

    private sealed class FailingFlush(IBlockDevice inner) : DeviceLayer(inner)
    {
        public int FailsAt { get; set; }

        public override ValueTask<IoResult> FlushAsync() => --FailsAt == 0 ? new(IoResult.Failure(IoError.Io)) : base.FlushAsync();
    }
}
