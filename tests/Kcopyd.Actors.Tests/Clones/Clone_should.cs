using System.Security.Cryptography;
using Kcopyd.Actors.Clones;
using Kcopyd.Actors.Faults;
using Kcopyd.Actors.Tests.Devices;
using Xunit;

namespace Kcopyd.Actors.Tests.Clones;

public sealed class Clone_should : CloneSpec
{
    [Theory]
    [MemberData(nameof(GoldenClone.WithContent), MemberType = typeof(GoldenClone))]
    public async Task read_and_hydrate_what_the_kernel_left(string name)
    {
        var golden = GoldenClone.Of(name);
        var (source, destination, metadata) = (golden.Source(), golden.Destination(), golden.Metadata());
        var clone = await Open(
            new CloneOptions { NoHydration = true, HydrationThreshold = 1, HydrationBatchSize = 1, Mode = CloneMetadataMode.Open },
            source, destination, metadata);
        Assert.Equal($"8 {golden.Status} 0 1 no_hydration 4 hydration_threshold 1 hydration_batch_size 1 rw", (await clone.GetStatusAsync()).ToString());
        Assert.Equal(golden.Content, Convert.ToHexStringLower(SHA256.HashData(await ReadAll(clone))));

        await clone.EnableHydrationAsync();
        await Soon(clone.WhenHydratedAsync());

        Assert.Equal(golden.Content, Convert.ToHexStringLower(SHA256.HashData(destination.Bytes)));
        var image = (await MetadataReader.ReadAsync(metadata))!;
        Assert.True(new RegionMap(image.Geometry, image.Words).IsComplete);
        await clone.DisposeAsync();
    }

    [Fact]
    public async Task read_its_source_at_once_without_hydrating()
    {
        await using var clone = await Open();

        Assert.Equal(Source.Bytes.ToArray(), await ReadAll(clone));
        Assert.Equal(0, await Hydrated(clone));
    }

    [Fact]
    public async Task write_a_whole_region_without_reading_the_source()
    {
        var source = new CountingDevice(Source);
        await using var clone = await Open(source: source);

        await Write(clone, 3 * Region, Bytes.Random(4 * Region, 9));

        Assert.Equal(0, source.Reads);
        Assert.Equal(4, await Hydrated(clone));
        Assert.Equal(Bytes.Random(4 * Region, 9), Part(Destination, 3 * Region, 4 * Region));
    }

    [Fact]
    public async Task copy_the_rest_of_a_region_that_is_written_in_part()
    {
        await using var clone = await Open();
        var expected = Source.Bytes.ToArray();
        Bytes.Random(2 * Region + 1024, 9).CopyTo(expected.AsSpan(Region + 512));

        await Write(clone, Region + 512, Bytes.Random(2 * Region + 1024, 9));

        Assert.Equal(3, await Hydrated(clone));
        Assert.Equal(expected, await ReadAll(clone));
        Assert.Equal(expected[Region..(4 * Region)], Part(Destination, Region, 3 * Region));
    }

    [Fact]
    public async Task serialize_concurrent_writes_to_a_region_that_is_not_hydrated()
    {
        await using var clone = await Open();
        var expected = Source.Bytes.ToArray();
        var data = Bytes.Random(8 * Region, 5);
        data.CopyTo(expected.AsSpan());

        await Soon(Task.WhenAll(Enumerable.Range(0, 8 * Region / 512).Select(i => clone.WriteAsync(i * 512, data.AsMemory(i * 512, 512)).AsTask())));

        Assert.Equal(expected, await ReadAll(clone));
        Assert.Equal(8, await Hydrated(clone));
    }

    [Fact]
    public async Task write_zeroes_over_whole_regions_without_reading_the_source()
    {
        var source = new CountingDevice(Source);
        await using var clone = await Open(source: source);

        var result = await Soon(clone.WriteZeroesAsync(2 * Region, 50 * Region).AsTask());

        Assert.Equal((IoResult.Success(50 * Region), 0, 50L), (result, source.Reads, await Hydrated(clone)));
        Assert.False(Part(Destination, 2 * Region, 50 * Region).AsSpan().ContainsAnyExcept((byte)0));
    }

    [Fact]
    public async Task hydrate_by_a_discard_the_regions_that_it_covers_and_no_other()
    {
        await using var clone = await Open();

        Assert.True((await Soon(clone.DiscardAsync(Region - 512, 3 * Region).AsTask())).IsSuccess);
        Assert.Equal(2, await Hydrated(clone));
        Assert.True((await Soon(clone.DiscardAsync(10 * Region, Region - 512).AsTask())).IsSuccess);
        Assert.Equal(2, await Hydrated(clone));

        var content = await ReadAll(clone);
        Assert.Equal(Part(Source, 0, Region), content[..Region]);
        Assert.Equal(Part(Source, 3 * Region, 61 * Region), content[(3 * Region)..]);
    }

    [Fact]
    public async Task show_nothing_of_the_old_destination_after_a_discard_that_is_not_passed_down()
    {
        await using var clone = await Open(Manual with { NoDiscardPassdown = true });

        Assert.True((await Soon(clone.DiscardAsync(0, Regions * Region).AsTask())).IsSuccess);

        Assert.Equal(Source.Bytes.ToArray(), await ReadAll(clone));
        Assert.Equal("8 6/16 8 0/64 0 2 no_hydration no_discard_passdown 4 hydration_threshold 64 hydration_batch_size 16 rw",
            (await clone.GetStatusAsync()).ToString());
    }

    [Fact]
    public async Task commit_with_a_flush_and_on_closing_and_continue_there()
    {
        var clone = await Open();
        await Write(clone, 0, Bytes.Random(5 * Region, 3));
        await Flush(clone);
        Assert.Equal(5, await Committed(Metadata));
        await Write(clone, 20 * Region, Bytes.Random(Region, 4));
        await clone.DisposeAsync();
        Assert.Equal(6, await Committed(Metadata));

        await using var again = await Open();

        Assert.Equal(6, await Hydrated(again));
        Assert.Equal(Bytes.Random(5 * Region, 3), (await ReadAll(again))[..(5 * Region)]);
    }

    [Fact]
    public async Task flush_only_the_destination_if_no_region_has_changed()
    {
        var (destination, metadata) = (new CountingDevice(Destination), new CountingDevice(Metadata));
        await using var clone = await Open(null, null, destination, metadata);
        var before = metadata.Operations;

        await Flush(clone);

        Assert.Equal((1, before), (destination.Flushes, metadata.Operations));
    }

    [Fact]
    public async Task flush_the_destination_before_it_writes_metadata_and_the_superblock_last()
    {
        var (destination, metadata) = (new CountingDevice(Destination), new CountingDevice(Metadata));
        await using var clone = await Open(null, null, destination, metadata);
        var before = metadata.Operations;
        await Write(clone, 0, Bytes.Random(Region, 3));

        await Flush(clone);

        Assert.Equal(IoOperations.Flush, destination.Log[^1].Operation);
        var commit = metadata.Log[before..];
        Assert.Equal(
            [IoOperations.Write, IoOperations.Write, IoOperations.Write, IoOperations.Write, IoOperations.Flush, IoOperations.Write, IoOperations.Flush],
            commit.Select(static entry => entry.Operation));
        Assert.Equal(0, commit[^2].Offset);
    }

    [Fact]
    public async Task refuse_metadata_of_another_clone_and_leave_other_data_alone()
    {
        await (await Open()).DisposeAsync();
        Assert.Equal(CloneMetadataError.OtherClone, (await Refusal(Open(Manual with { RegionSize = 8192 }))).Reason);
        Assert.Equal(CloneMetadataError.OtherClone, (await Refusal(Open(source: BlockDevice.Memory(4096)))).Reason);
        Assert.Equal(CloneMetadataError.NoMetadata,
            (await Refusal(Open(Manual with { Mode = CloneMetadataMode.Open }, metadata: BlockDevice.Memory(65536)))).Reason);
        var other = Device(65536);
        Assert.Equal(CloneMetadataError.OtherData, (await Refusal(Open(metadata: other))).Reason);
        Assert.Equal(Bytes.Random(65536, 8), other.Bytes.ToArray());

        await using var replaced = await Open(Manual with { Mode = CloneMetadataMode.Replace }, metadata: other);

        Assert.Equal(0, await Hydrated(replaced));

        static MemoryBlockDevice Device(int length)
        {
            var device = BlockDevice.Memory(length);
            Bytes.Random(length, 8).CopyTo(device.Bytes);
            return device;
        }
    }

    [Fact]
    public async Task refuse_devices_that_do_not_fit()
    {
        await Assert.ThrowsAsync<ArgumentException>(() => Open(destination: BlockDevice.Memory(Region)));
        await Assert.ThrowsAsync<ArgumentException>(() => Open(destination: Source));
        await Assert.ThrowsAsync<ArgumentException>(() => Open(source: BlockDevice.Memory(1000)));
        await Assert.ThrowsAsync<ArgumentException>(() => Open(Manual with { RegionSize = 5000 }));
        await Assert.ThrowsAsync<ArgumentException>(() => Open(metadata: new MemoryBlockDevice(65536, readOnly: true)));
    }

    [Fact]
    public async Task answer_that_it_is_closed()
    {
        var clone = await Open();
        await clone.DisposeAsync();

        Assert.Equal(IoError.Closed, (await Soon(clone.ReadAsync(0, new byte[512]).AsTask())).Error);
        await Assert.ThrowsAsync<InvalidOperationException>(() => clone.GetStatusAsync());
        await Assert.ThrowsAsync<InvalidOperationException>(() => clone.WhenHydratedAsync());
    }

    private static async Task<CloneMetadataException> Refusal(Task<Clone> opening) =>
        await Assert.ThrowsAsync<CloneMetadataException>(() => opening);
}
