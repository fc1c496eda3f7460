using Kcopyd.Actors;
using Kcopyd.Interop.Tests.Support;
using Xunit;

namespace Kcopyd.Interop.Tests;

public sealed class FullDevices_should : EngineTest
{
    private const long Length = 8 << 20, TmpfsSize = 4 << 20;

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public async Task set_exactly_their_own_bit(int place)
    {
        var source = OpenSource(Folder.RandomFile("source", Length));
        var devices = Enumerable.Range(0, 3)
            .Select(i => i == place ? Open("/dev/full") : Create(Folder[$"copy{i}"], Length))
            .ToArray();

        var regions = devices.Select(device => device.Region(0, Length / 512)).ToArray();
        var result = await Client.CopyAsync(source.Whole(), regions, CopyFlags.IgnoreError | CopyFlags.Flush);

        Assert.False(result.ReadError);
        Assert.Equal(1UL << place, result.WriteErrors);
        Assert.Equal(new DestinationResult(0, result.Destinations[place].Fault, null), result.Destinations[place]);
        Assert.Equal((IoError.NoSpace, 0), (result.Destinations[place].Fault!.Error, result.Destinations[place].Fault!.Sector));
        Assert.Contains("/dev/full", result.Destinations[place].Fault!.Message, StringComparison.Ordinal);
        foreach (var device in devices.Where((_, i) => i != place))
            await Files.AssertIdenticalAsync(source.Name, device.Name);
    }

    [Fact]
    public async Task stop_the_job_where_errors_are_not_ignored()
    {
        var source = OpenSource(Folder.RandomFile("source", Length));
        var copy = Create(Folder["copy"], Length);

        var result = await Client.CopyAsync(source.Whole(), [copy.Whole(), Open("/dev/full").Region(0, Length / 512)]);

        Assert.False(result.ReadError);
        Assert.True((result.WriteErrors & 2) != 0, result.ToString());
        Assert.Equal(IoError.NoSpace, result.Destinations[1].Fault!.Error);
        Assert.True(result.Destinations[0].Bytes < Length, "the copy continued");
    }

    [SkippableFact]
    public async Task lose_only_what_had_no_space_when_a_file_system_fills_up_in_mid_copy()
    {
        var (source, copy, full) = await NearlyFullAsync();

        var result = await Client.CopyAsync(source.Whole(), [copy.Whole(), full.Whole()], CopyFlags.IgnoreError | CopyFlags.Flush);

        Assert.False(result.ReadError);
        Assert.Equal(2UL, result.WriteErrors);
        Assert.Equal(IoError.NoSpace, result.Destinations[1].Fault!.Error);
        Assert.Equal(TmpfsSize, result.Destinations[1].Bytes);      // every page is used
        // Sub-jobs overtake each other, so any of them may run out of space; the fault names the lowest, and nothing was written there.
        var lost = result.Destinations[1].Fault!.Sector * IoRegion.SectorSize;
        Assert.InRange(lost, 0, TmpfsSize);
        await Files.AssertIdenticalAsync(source.Name, full.Name, lost);
        Assert.DoesNotContain(File.ReadAllBytes(full.Name).AsSpan((int)lost, IoRegion.SectorSize).ToArray(), b => b != 0);
        await Files.AssertIdenticalAsync(source.Name, copy.Name);
    }

    [SkippableFact]
    public async Task fail_a_sequential_copy_at_exactly_the_first_sector_without_space()
    {
        var (source, copy, full) = await NearlyFullAsync();

        var result = await Client.CopyAsync(source.Whole(), [copy.Whole(), full.Whole()], CopyFlags.Sequential);

        Assert.False(result.ReadError);
        Assert.True((result.WriteErrors & 2) != 0, result.ToString());
        Assert.Equal((IoError.NoSpace, TmpfsSize / IoRegion.SectorSize), (result.Destinations[1].Fault!.Error, result.Destinations[1].Fault!.Sector));
        Assert.Equal(TmpfsSize, result.Destinations[1].Bytes);
        await Files.AssertIdenticalAsync(source.Name, full.Name, TmpfsSize);
        Assert.True(result.Destinations[0].Bytes < Length, "the copy continued");
    }

    // The file is sparse, so that only writes run out of space.
    private async Task<(FileBlockDevice Source, FileBlockDevice Copy, FileBlockDevice Full)> NearlyFullAsync()
    {
        var tmpfs = Own(await Tmpfs.MountAsync(Folder.EmptyFolder("mount"), TmpfsSize));
        return (OpenSource(Folder.RandomFile("source", Length)), Create(Folder["copy"], Length), Create(tmpfs["full"], Length));
    }
}
