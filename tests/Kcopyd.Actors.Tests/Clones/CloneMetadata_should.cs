using System.Security.Cryptography;
using Kcopyd.Actors.Clones;
using Xunit;

namespace Kcopyd.Actors.Tests.Clones;

/// <summary>Metadata is read and written as the kernel does it.</summary>
public sealed class CloneMetadata_should
{
    [Theory]
    [MemberData(nameof(GoldenClone.Names), MemberType = typeof(GoldenClone))]
    public async Task be_read_as_the_kernel_wrote_it(string name)
    {
        var golden = GoldenClone.Of(name);

        var image = await MetadataReader.ReadAsync(golden.Metadata());

        Assert.NotNull(image);
        Assert.Equal(new CloneGeometry(golden.RegionSectors, golden.Sectors), image.Geometry);
        var map = new RegionMap(image.Geometry, image.Words);
        Assert.Equal(golden.Status,
            $"{image.Space.Used}/{image.Space.Blocks} {image.Geometry.RegionSectors} {map.Hydrated}/{map.Regions}");
        Assert.Equal(golden.Hydrated, Runs(map));
    }

    [Fact]
    public async Task be_formatted_with_the_bytes_of_the_kernel()
    {
        var golden = GoldenClone.Of("r8-fresh").Metadata();
        var device = BlockDevice.Memory(golden.Length);

        await MetadataFormat.WriteAsync(MetadataFormat.Plan(new CloneGeometry(8, 8192), device.Length, "meta"), device);

        Assert.True(golden.Bytes.SequenceEqual(device.Bytes));
    }

    // The sums are of formats by an independent implementation whose bytes the kernel's were compared with.
    [Theory]
    [InlineData(8101, 128, 40960, "0a9d557505c2de6191840953db196466e523482ab142eb998526f5e04040f622")]
    [InlineData(320000, 8, 262144, "31036853b6e301a324a4c3cf882aab0b1d1cc358d491a75ada349854ece8256e")]
    [InlineData(8000000, 8, 1048576, "e1f04eff8098b3eee1514614adb7f933a872aacd9f0ed2eaef3976de1adebf2b")]
    [InlineData(100000, 16, 16400 * 4096, "ab4fd23c8d0c846260ac13ca5e80d26b2b4363c7eb2953b87835e76b92c43fac")]
    [InlineData(1, 2048, 65536, "d811604b55266d81923387d6c01b0304e207e3b3692220f5fd160525e26ec74d")]
    public async Task be_formatted_alike_for_odd_ends_several_array_blocks_and_several_bitmaps(long sectors, int region, int length, string sum)
    {
        var device = BlockDevice.Memory(length);

        await MetadataFormat.WriteAsync(MetadataFormat.Plan(new CloneGeometry(region, sectors), length, "meta"), device);

        Assert.Equal(sum, Convert.ToHexStringLower(SHA256.HashData(device.Bytes)));
        Assert.NotNull(await MetadataReader.ReadAsync(device));
    }

    [Fact]
    public async Task be_formatted_with_the_two_leaves_of_the_kernel_where_one_is_not_enough()
    {
        var kernel = (await MetadataReader.ReadAsync(GoldenClone.Of("deep-tree").Metadata()))!;

        var ours = MetadataFormat.Plan(kernel.Geometry, 512 * MetadataBlock.Size, "meta");

        Assert.Equal([126, 181], ours.Leaves.Select(static leaf => leaf.Keys.Length));
        Assert.Equal(kernel.Space.Used, ours.Space.Used);
        // The kernel has moved what its writes changed: the array blocks 0, 153 and 306, the leaves and the root.
        var moved = Enumerable.Range(0, kernel.Geometry.Arrays).Where(array => BlockOf(kernel, array) != BlockOf(ours, array));
        Assert.Equal([0, 153, 306], moved);
        Assert.True(kernel.Space.IsUsed(6) && !kernel.Space.IsUsed(5) && ours.Space.IsUsed(5));

        static long BlockOf(MetadataImage image, int array)
        {
            var (leaf, index) = image.Locate(array);
            return leaf.Values[index];
        }
    }

    [Fact]
    public void hold_the_largest_clone_in_a_tree_of_three_levels()
    {
        var geometry = new CloneGeometry(8, 8L << 31);
        Assert.True(geometry.IsValid);
        var image = MetadataFormat.Plan(geometry, 70_000L * MetadataBlock.Size, "meta");

        Assert.Equal(3, MetadataImage.DepthOf(image.Leaves[0]));
        Assert.Equal(geometry.Arrays, image.Leaves.Sum(static leaf => leaf.Keys.Length));
        Assert.Equal((image.Leaves[^1], image.Leaves[^1].Keys.Length - 1), image.Locate(geometry.Arrays - 1));
        Assert.All(image.Leaves, static leaf => Assert.InRange(leaf.Keys.Length, TreeNode.MaxEntries / 2, TreeNode.MaxEntries));
    }

    [Theory]
    [InlineData(6)]
    [InlineData(8)]
    [InlineData(9)]
    public void be_refused_on_a_device_that_could_not_commit(int blocks)
    {
        var refusal = Assert.Throws<CloneMetadataException>(() => MetadataFormat.Plan(new CloneGeometry(8, 8192), blocks * MetadataBlock.Size, "meta"));

        Assert.Equal(CloneMetadataError.TooSmall, refusal.Reason);
        Assert.Equal(10 * MetadataBlock.Size, refusal.Needed);
        Assert.NotNull(MetadataFormat.Plan(new CloneGeometry(8, 8192), refusal.Needed, "meta"));
    }

    private static string Runs(RegionMap map)
    {
        var runs = new List<string>();
        for (var region = 0L; region < map.Regions; region++)
        {
            if (!map.IsHydrated(region))
                continue;
            var end = map.NextUnhydrated(region);
            runs.Add(end == region + 1 ? $"{region}" : $"{region}-{end - 1}");
            region = end;
        }
        return string.Join(',', runs);
    }
}
