using Kcopyd.Actors.BlockIo;
using Kcopyd.Actors.Clones;
using Xunit;

namespace Kcopyd.Actors.Tests.Clones;

/// <summary>Commits go to free blocks, and leave metadata that the reader accepts.</summary>
public sealed class MetadataCommit_should
{
    [Theory]
    [InlineData(8192, 10)]              // the smallest device: one array block per transaction
    [InlineData(320000, 11)]            // two array blocks, room for one
    [InlineData(320000, 64)]
    [InlineData(320000, 16400)]         // two bitmaps
    [InlineData(80000000, 330)]         // two leaves
    public async Task write_only_to_blocks_that_the_superblock_does_not_reach_and_leave_what_was_marked(long sectors, int blocks)
    {
        var (geometry, random) = (new CloneGeometry(8, sectors), new Random(5));
        var device = BlockDevice.Memory((long)blocks * MetadataBlock.Size);
        var image = MetadataFormat.Plan(geometry, device.Length, "meta");
        await MetadataFormat.WriteAsync(image, device);
        var (map, commit) = (new RegionMap(geometry, image.Words), new MetadataCommit(image));
        for (var round = 0; round < 12; round++)
        {
            for (var i = 0; i < 5; i++)
            {
                var region = random.NextInt64(map.Regions);
                map.Mark(region, Math.Min(region + random.Next(1, 40), map.Regions));
            }
            while (map.ChangedArrays > 0)
            {
                var reached = (await MetadataReader.ReadAsync(device))!.Space;
                var workers = new InlineWorkers();
                var sequence = new DeviceSequence(workers);
                commit.Plan(map, sequence);
                sequence.Start(device, static error => Assert.Equal(IoError.None, error));
                commit.Committed();
                Assert.Equal(0, workers.Writes[^1]);
                Assert.All(workers.Writes[..^1], offset => Assert.False(reached.IsUsed(offset / MetadataBlock.Size)));
            }
            var read = (await MetadataReader.ReadAsync(device))!;
            var again = new RegionMap(geometry, read.Words);
            Assert.Equal(map.Hydrated, again.Hydrated);
            for (var region = 0L; region < map.Regions; region = map.NextUnhydrated(region) + 1)
                Assert.Equal(map.NextUnhydrated(region), again.NextUnhydrated(region));
        }
    }

    [Fact]
    public async Task leave_everything_as_it_was_when_abandoned()
    {
        var golden = GoldenClone.Of("two-arrays");
        var device = golden.Metadata();
        var image = (await MetadataReader.ReadAsync(device))!;
        var (map, commit) = (new RegionMap(image.Geometry, image.Words), new MetadataCommit(image));
        map.Mark(0, 40000);

        for (var i = 0; i < 100; i++)
        {
            var sequence = new DeviceSequence(new InlineWorkers());
            commit.Plan(map, sequence);
            Assert.True(commit.IsOld(device.Bytes[..MetadataBlock.Size]));
            Assert.False(commit.IsNew(device.Bytes[..MetadataBlock.Size]));
            commit.Abandon();
            map.Revert();
            Assert.Equal(7, map.Hydrated);
            map.Mark(i, i + 3);
        }

        var last = new DeviceSequence(new InlineWorkers());
        commit.Plan(map, last);
        last.Start(device, static _ => { });
        commit.Committed();
        Assert.True(commit.IsNew(device.Bytes[..MetadataBlock.Size]));
        Assert.Equal(map.Hydrated, new RegionMap(image.Geometry, (await MetadataReader.ReadAsync(device))!.Words).Hydrated);
    }
}
