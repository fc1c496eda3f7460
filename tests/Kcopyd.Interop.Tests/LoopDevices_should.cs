using Kcopyd.Actors;
using Kcopyd.Interop.Tests.Support;
using Xunit;

namespace Kcopyd.Interop.Tests;

public sealed class LoopDevices_should : EngineTest
{
    private const int Length = 8 << 20;

    private async Task<(LoopDevice Device, byte[] Content)> LoopAsync(string name, int sectorSize, int seed)
    {
        Requires.LoopDevices();
        var file = Folder.RandomFile(name, Length, seed);
        return (Own(await LoopDevice.AttachAsync(file, sectorSize)), File.ReadAllBytes(file));
    }

    private async Task AssertHoldsAsync(byte[] expected, LoopDevice loop)
    {
        File.WriteAllBytes(Folder["expected"], expected);
        await Files.AssertIdenticalAsync(Folder["expected"], loop.Path);
    }

    /// <summary>Sizes around a sector, a block, a page, a sub-job and a whole round of sub-jobs, at seeded offsets that the device accepts.</summary>
    private static IEnumerable<(long From, long To, long Count)> Regions(int alignment)
    {
        var random = new Random(7);
        var unit = Math.Max(1, alignment / IoRegion.SectorSize);
        long[] counts = [0, 1, 2, 7, 8, 9, 127, 128, 129, 1023, 1024, 1025, 4097, .. Enumerable.Range(0, 27).Select(_ => random.NextInt64(1, 3000))];
        foreach (var count in counts.Select(count => count * unit).Where(count => count <= Length / IoRegion.SectorSize))
        {
            var last = Length / IoRegion.SectorSize - count;
            yield return (random.NextInt64(0, last / unit + 1) * unit, random.NextInt64(0, last / unit + 1) * unit, count);
        }
    }

    [SkippableTheory]
    [InlineData(512, IoMode.Buffered)]
    [InlineData(512, IoMode.Direct)]
    [InlineData(4096, IoMode.Buffered)]
    [InlineData(4096, IoMode.Direct)]
    public async Task hold_what_was_copied_for_every_size_and_offset(int sectorSize, IoMode io)
    {
        var (source, content) = await LoopAsync("source", sectorSize, 1);
        var (target, expected) = await LoopAsync("target", sectorSize, 2);
        var from = OpenSource(source.Path, io);
        var to = Open(target.Path, io);
        Assert.Equal(io == IoMode.Direct ? sectorSize : 1, to.Alignment);
        Assert.Equal(io == IoMode.Direct, to.IsDirect);

        foreach (var (fromSector, toSector, count) in Regions(to.Alignment))
        {
            var result = await Client.CopyAsync(from.Region(fromSector, count), [to.Region(toSector, count)], CopyFlags.Flush);
            Assert.True(result.IsSuccess, $"{fromSector} to {toSector}, {count} sectors: {result}");
            Assert.Equal(count * IoRegion.SectorSize, result.Destinations[0].Bytes);
            content.AsSpan((int)fromSector * IoRegion.SectorSize, (int)count * IoRegion.SectorSize)
                .CopyTo(expected.AsSpan((int)toSector * IoRegion.SectorSize));
        }
        await AssertHoldsAsync(expected, target);
    }

    [SkippableTheory]
    [InlineData(512, IoMode.Buffered)]
    [InlineData(512, IoMode.Direct)]
    [InlineData(4096, IoMode.Buffered)]
    [InlineData(4096, IoMode.Direct)]
    public async Task read_as_zeroes_exactly_where_they_were_zeroed(int sectorSize, IoMode io)
    {
        var (loop, expected) = await LoopAsync("target", sectorSize, 3);
        var device = Open(loop.Path, io);

        foreach (var (_, sector, count) in Regions(device.Alignment).Where(region => region.Count <= 256))
        {
            var result = await Client.ZeroAsync([device.Region(sector, count)], CopyFlags.Flush);
            Assert.True(result.IsSuccess, $"{sector}, {count} sectors: {result}");
            expected.AsSpan((int)sector * IoRegion.SectorSize, (int)count * IoRegion.SectorSize).Clear();
        }
        Assert.Contains(expected, b => b != 0);
        await AssertHoldsAsync(expected, loop);
    }

    [SkippableFact]
    public async Task of_both_sector_sizes_take_one_source_at_once()
    {
        var (source, content) = await LoopAsync("source", 512, 1);
        var (small, _) = await LoopAsync("small", 512, 2);
        var (large, _) = await LoopAsync("large", 4096, 3);
        var file = Create(Folder["file"], Length);

        var result = await Client.CopyAsync(OpenSource(source.Path, IoMode.Direct).Whole(),
            [Open(small.Path, IoMode.Direct).Whole(), Open(large.Path, IoMode.Direct).Whole(), file.Whole()], CopyFlags.Verify);

        Assert.True(result.IsSuccess, result.ToString());
        await AssertHoldsAsync(content, small);
        await AssertHoldsAsync(content, large);
        await Files.AssertIdenticalAsync(source.Path, file.Name);
    }

    [SkippableFact]
    public async Task refuse_a_direct_region_that_is_not_aligned_and_name_the_argument()
    {
        var (source, _) = await LoopAsync("source", 4096, 1);
        var (target, before) = await LoopAsync("target", 4096, 2);
        var from = OpenSource(source.Path, IoMode.Direct);
        var to = Open(target.Path, IoMode.Direct);
        var file = Create(Folder["file"], Length);

        async Task AssertRefusedAsync(string argument, IoRegion region, params IoRegion[] regions)
        {
            var refused = await Assert.ThrowsAsync<ArgumentException>(async () => await Client.CopyAsync(region, regions));
            Assert.Equal(argument, refused.ParamName);
            Assert.Contains("4096", refused.Message, StringComparison.Ordinal);
        }

        await AssertRefusedAsync("from", from.Region(1, 8), to.Region(0, 8));
        await AssertRefusedAsync("from", from.Region(8, 9), file.Region(0, 9));
        await AssertRefusedAsync("to[0]", file.Region(1, 8), to.Region(7, 8));
        await AssertRefusedAsync("to[1]", from.Region(0, 8), file.Region(3, 8), to.Region(4, 8));
        await AssertHoldsAsync(before, target);
    }
}
