using Kcopyd.Actors;
using Kcopyd.Interop.Tests.Support;
using Xunit;

namespace Kcopyd.Interop.Tests;

/// <summary>Clones and holes on real file systems, with the engine.</summary>
public sealed class Offload_should : EngineTest
{
    private const int Length = 24 << 20;

    [SkippableTheory]
    [InlineData(IoMode.Buffered)]
    [InlineData(IoMode.Direct)]
    public async Task share_the_blocks_of_a_file_on_xfs(IoMode io)
    {
        var xfs = Own(await Xfs.MountAsync(Folder, "xfs"));
        File.Copy(Folder.RandomFile("random", Length), xfs["source"]);      // not yet on the medium, and still cloned
        var source = OpenSource(xfs["source"], io);
        var (copy, other) = (Own(BlockDevice.Open(xfs["copy"], new() { Create = true, Length = Length, Io = io })), Create(Folder["other"], Length));

        var result = await Client.CopyAsync(source.Whole(), [copy.Whole(), other.Whole()], CopyFlags.Verify);

        Assert.True(result.IsSuccess, result.ToString());
        Assert.Equal(new OffloadedBytes { Reflink = Length }, result.Offloaded);
        await Files.AssertIdenticalAsync(Folder["random"], copy.Name);
        await Files.AssertIdenticalAsync(Folder["random"], other.Name);
        await AssertSharedAsync(copy.Name);
    }

    [SkippableTheory]
    [InlineData(0, 0, Length)]
    [InlineData(8, 8, 1_000_000)]
    [InlineData(8, 40, 1_000_001)]      // whole blocks, and a tail that is copied
    [InlineData(3, 11, 1_000_448)]      // starts within a block
    [InlineData(3, 4, 1_000_448)]       // at different offsets within a block, so that nothing can be shared
    public async Task share_what_can_be_shared_of_any_region_on_xfs_and_copy_the_rest(long from, long to, long length)
    {
        var xfs = Own(await Xfs.MountAsync(Folder, "xfs"));
        var content = File.ReadAllBytes(Folder.RandomFile("random", Length));
        File.WriteAllBytes(xfs["source"], content[..(int)Math.Min(Length, (from * 512) + length)]);
        var expected = File.ReadAllBytes(Folder.RandomFile("old", Length, seed: 2));
        File.WriteAllBytes(xfs["copy"], expected);
        var count = (length + 511) / 512;

        var result = await Client.CopyAsync(OpenSource(xfs["source"]).Region(from, count), [Open(xfs["copy"]).Region(to, count)]);

        Assert.True(result.IsSuccess, result.ToString());
        content.AsSpan((int)from * 512, (int)length).CopyTo(expected.AsSpan((int)to * 512));
        Assert.True(expected.AsSpan().SequenceEqual(File.ReadAllBytes(xfs["copy"])), "the content differs");
        Assert.InRange(result.Offloaded.Reflink, (from - to) % 8 == 0 ? length - 8192 : 0, (from - to) % 8 == 0 ? length : 0);
        Assert.Equal(length, result.Destinations[0].Bytes);
    }

    [SkippableFact]
    public async Task share_regions_of_one_file_with_each_other()
    {
        var xfs = Own(await Xfs.MountAsync(Folder, "xfs"));
        File.Copy(Folder.RandomFile("random", Length), xfs["file"]);
        var file = Open(xfs["file"]);
        var parts = new[] { BlockDevice.Range(file, 0, 8 << 20), BlockDevice.Range(file, 8 << 20, 8 << 20) };

        var result = await Client.CopyAsync(parts[0].Whole(), [parts[1].Whole()], CopyFlags.Flush);

        Assert.Equal(8 << 20, result.Offloaded.Reflink);
        var now = File.ReadAllBytes(xfs["file"]);
        Assert.True(now.AsSpan(0, 8 << 20).SequenceEqual(now.AsSpan(8 << 20, 8 << 20)));
    }

    [SkippableFact]
    public async Task copy_from_one_xfs_to_another()
    {
        var (one, two) = (Own(await Xfs.MountAsync(Folder, "one")), Own(await Xfs.MountAsync(Folder, "two")));
        File.Copy(Folder.RandomFile("random", Length), one["source"]);

        var result = await Client.CopyAsync(OpenSource(one["source"]).Whole(), [Create(two["copy"], Length).Whole()]);

        Assert.Equal((true, default), (result.IsSuccess, result.Offloaded));
        await Files.AssertIdenticalAsync(Folder["random"], two["copy"]);
    }

    [SkippableFact]
    public async Task copy_where_a_file_system_shares_nothing()
    {
        var tmpfs = Own(await Tmpfs.MountAsync(Folder.EmptyFolder("tmpfs"), 64 << 20));
        File.Copy(Folder.RandomFile("random", Length), tmpfs["source"]);

        var result = await Client.CopyAsync(OpenSource(tmpfs["source"]).Whole(), [Create(tmpfs["copy"], Length).Whole()]);

        Assert.Equal((true, default), (result.IsSuccess, result.Offloaded));
        await Files.AssertIdenticalAsync(Folder["random"], tmpfs["copy"]);
    }

    [SkippableTheory]
    [InlineData("folder")]
    [InlineData("tmpfs")]
    [InlineData("xfs")]
    public async Task leave_holes_where_they_are(string where)
    {
        var place = await PlaceAsync(where);
        const long Sparse = 1L << 30;
        SparseFiles.Create(place("source"), Sparse, (0, 5000), (1 << 20, 1 << 20), (700 << 20, 70_000), (Sparse - 4096, 4096));
        var result = await Client.CopyAsync(OpenSource(place("source")).Whole(), [Create(Folder["copy"], Sparse).Whole()], CopyFlags.Flush);

        Assert.True(result.IsSuccess, result.ToString());
        Assert.InRange(result.Offloaded.Holes, Sparse - (2 << 20), Sparse - (1 << 20));
        Assert.Equal(Sparse, result.Destinations[0].Bytes);
        Assert.InRange(await SparseFiles.OccupiedAsync(Folder["copy"]), 1 << 20, 2 << 20);
        await Files.AssertIdenticalAsync(place("source"), Folder["copy"]);
    }

    [SkippableTheory]
    [InlineData("folder")]
    [InlineData("tmpfs")]
    [InlineData("xfs")]
    public async Task make_holes_in_what_was_full(string where)
    {
        var place = await PlaceAsync(where);
        SparseFiles.Create(Folder["source"], Length, (0, 5000), (8 << 20, 1 << 20));
        File.Copy(Folder.RandomFile("old", Length), place("copy"));

        var result = await Client.CopyAsync(OpenSource(Folder["source"]).Whole(), [Open(place("copy")).Whole()], CopyFlags.Flush);

        Assert.True(result.IsSuccess, result.ToString());
        Assert.InRange(await SparseFiles.OccupiedAsync(place("copy")), 1 << 20, 2 << 20);
        await Files.AssertIdenticalAsync(Folder["source"], place("copy"));
    }

    [SkippableTheory]
    [InlineData(512)]
    [InlineData(4096)]
    public async Task zero_on_a_disk_what_is_a_hole_in_the_source(int sectorSize)
    {
        Requires.LoopDevices();
        SparseFiles.Create(Folder["source"], Length, (0, 5000), (8 << 20, 1 << 20));
        var loop = Own(await LoopDevice.AttachAsync(Folder.RandomFile("disk", Length), sectorSize));
        var disk = Open(loop.Path, IoMode.Direct);

        var result = await Client.CopyAsync(OpenSource(Folder["source"]).Whole(), [disk.Whole()], CopyFlags.Verify);

        Assert.True(result.IsSuccess, result.ToString());
        Assert.InRange(result.Offloaded.Holes, Length - (2 << 20), Length - (1 << 20));
        await Files.AssertIdenticalAsync(Folder["source"], loop.Path);
    }

    private async Task<Func<string, string>> PlaceAsync(string where)
    {
        switch (where)
        {
            case "tmpfs":
                var tmpfs = Own(await Tmpfs.MountAsync(Folder.EmptyFolder("tmpfs"), 64 << 20));
                return name => tmpfs[name];
            case "xfs":
                var xfs = Own(await Xfs.MountAsync(Folder, "xfs"));
                return name => xfs[name];
            default:
                return name => Folder[name];
        }
    }

    private static async Task AssertSharedAsync(string path)
    {
        Requires.Tools("filefrag");
        Assert.Contains("shared", await Tool.OutputAsync("filefrag", "-v", path), StringComparison.Ordinal);
    }
}
