using Kcopyd.Actors;
using Kcopyd.Interop.Tests.Support;
using Xunit;

namespace Kcopyd.Interop.Tests;

public sealed class BadSectors_should : EngineTest
{
    private const long Length = 16 << 20;

    private async Task<FileBlockDevice> BadSourceAsync(IEnumerable<long> sectors)
    {
        var disk = Own(await BadDisk.ServeAsync(Folder, Folder.RandomFile("image", Length), sectors));
        return OpenSource(disk.Path, IoMode.Direct);
    }

    [SkippableFact]
    public async Task be_zero_and_listed_and_nothing_else()
    {
        var bad = BadDisk.Sectors(Length, 137);
        var source = await BadSourceAsync(bad);
        var copies = new[] { Create(Folder["copy0"], Length), Create(Folder["copy1"], Length) };

        var result = await Client.CopyAsync(source.Whole(), [copies[0].Whole(), copies[1].Whole()], CopyFlags.IgnoreError);

        Assert.True(result.ReadError);
        Assert.Equal(0UL, result.WriteErrors);
        Assert.Equal(IoError.Io, result.ReadFault!.Error);
        Assert.Contains(result.ReadFault.Sector, bad);
        Assert.Equal(bad, BadDisk.SectorsOf(result.Unreadable.Select(range => (range.Offset, range.Length))));
        Assert.Equal(bad.Count(sector => !bad.Contains(sector - 1)), result.Unreadable.Count);      // consecutive sectors are one range
        var expected = BadDisk.Expected(Folder, Folder["image"], bad);
        foreach (var copy in copies)
            await Files.AssertIdenticalAsync(expected, copy.Name);
    }

    [SkippableFact]
    public async Task stop_the_job_where_errors_are_not_ignored_and_write_no_byte_of_the_sub_job()
    {
        var source = await BadSourceAsync([1000]);
        var copy = Create(Folder["copy"], Length);

        var result = await Client.CopyAsync(source.Whole(), [copy.Whole()]);

        Assert.True(result.ReadError);
        Assert.Equal(IoError.Io, result.ReadFault!.Error);
        Assert.True(result.Destinations[0].Bytes < Length, "the copy continued");
        var bytes = File.ReadAllBytes(copy.Name);
        var subJob = Client.Settings.SubJobSize;
        var start = 1000 * IoRegion.SectorSize / subJob * subJob;
        // Without IgnoreError, a read that failed as a whole is not narrowed to the sector.
        Assert.InRange(result.ReadFault.Sector * IoRegion.SectorSize, start, 1000 * IoRegion.SectorSize);
        Assert.DoesNotContain(bytes[start..(start + subJob)], b => b != 0);
    }
}
