using Kcopyd.Actors.Faults;
using Xunit;

namespace Kcopyd.Actors.Tests.Client;

public sealed class Refusal_should : EngineSpec
{
    private readonly MemoryBlockDevice _source = BlockDevice.Memory(16 * 512, name: "source");
    private readonly MemoryBlockDevice _mirror = BlockDevice.Memory(16 * 512, name: "mirror");

    [Fact]
    public void name_a_destination_that_overlaps_the_source()
    {
        Refused("to[0]", "overlaps the source", _source.Region(0, 8), [_source.Region(7, 8)]);
        Refused("to[1]", "overlaps the source", _source.Region(0, 8), [_mirror.Region(0, 8), _source.Region(0, 8)]);
        Accepted(_source.Region(0, 8), [_source.Region(8, 8)]);
    }

    [Fact]
    public void see_an_overlap_through_layers_and_ranges()
    {
        var part = BlockDevice.Range(_source, 4 * 512, 8 * 512);
        Refused("to[0]", "overlaps the source", _source.Region(0, 8), [part.WithErrors().Region(0, 8)]);
        Refused("to[0]", "overlaps the source", _source.WithStall().Region(4, 8), [part.Region(0, 8)]);
        Accepted(_source.Region(0, 4), [part.WithErrors().Region(0, 4)]);
    }

    [Fact]
    public void name_a_destination_that_overlaps_another()
    {
        Refused("to[1]", "overlaps destination 0", _source.Region(0, 8), [_mirror.Region(0, 8), _mirror.Region(7, 8)]);
        Accepted(_source.Region(0, 8), [_mirror.Region(0, 8), _mirror.Region(8, 8)]);
    }

    [Fact]
    public void name_a_destination_of_another_count() =>
        Refused("to[1]", "8 sectors", _source.Region(0, 8), [_mirror.Region(0, 8), _mirror.Region(8, 7)]);

    [Fact]
    public void name_a_region_past_the_end()
    {
        Refused("from", "past the device", _source.Region(9, 8), [_mirror.Region(0, 8)]);
        Refused("to[0]", "past the device", _source.Region(0, 8), [_mirror.Region(9, 8)]);
        Refused("from", "negative", _source.Region(-1, 8), [_mirror.Region(0, 8)]);
        Refused("from", "negative", _source.Region(0, -8), [_mirror.Region(0, -8)]);
        Refused("from", "2^54", _source.Region(long.MaxValue / 2, long.MaxValue / 2), [_mirror.Region(0, 8)]);
        Accepted(_source.Region(8, 8), [_mirror.Region(8, 8)]);
    }

    [Fact]
    public void name_a_region_that_is_not_aligned_as_its_device_needs()
    {
        var disk = BlockDevice.Memory(8 * 4096, 4096, alignment: 4096, name: "disk");
        Refused("from", "multiples of 4096", disk.Region(1, 8), [_mirror.Region(0, 8)]);
        Refused("from", "multiples of 4096", disk.Region(0, 7), [_mirror.Region(0, 7)]);
        Refused("to[0]", "multiples of 4096", _source.Region(0, 8), [disk.Region(4, 8)]);
        Accepted(_source.Region(3, 8), [disk.Region(8, 8)]);
    }

    [Fact]
    public void name_a_destination_that_is_read_only() =>
        Refused("to[1]", "read-only", _source.Region(0, 8), [_mirror.Region(0, 8), BlockDevice.Memory(16 * 512, readOnly: true).Region(0, 8)]);

    [Fact]
    public void count_the_destinations()
    {
        Refused("to", "at least one", _source.Region(0, 1), []);
        Refused("to", "max-destinations", _source.Region(0, 1), [.. Enumerable.Range(0, 9).Select(i => _mirror.Region(i, 1))]);
        Assert.Equal("to", Assert.Throws<ArgumentException>(() => { Client().Zero([], CopyFlags.None, TestActor); }).ParamName);
    }

    [Fact]
    public void name_unknown_flags() => Refused("flags", "0x80", _source.Region(0, 8), [_mirror.Region(0, 8)], CopyFlags.Flush | (CopyFlags)128);

    [Fact]
    public void name_a_region_without_a_device()
    {
        Refused("from", "no device", default, [_mirror.Region(0, 8)]);
        Refused("to[1]", "no device", _source.Region(0, 8), [_mirror.Region(0, 8), new IoRegion(null!, 0, 8)]);
    }

    [Theory]
    [InlineData(CopyFlags.Verify)]
    [InlineData(CopyFlags.VerifyHash)]
    public void name_a_sink_that_cannot_be_verified(CopyFlags flags)
    {
        Refused("to[1]", "cannot be read back", _source.Region(0, 8), [_mirror.Region(0, 8), BlockDevice.Null().Region(0, 8)], flags);
        Accepted(_source.Region(0, 8), [_mirror.Region(0, 8), BlockDevice.Null().Region(0, 8)]);
    }

    [Fact]
    public void refuse_a_notification_to_nobody()
    {
        Assert.Throws<ArgumentNullException>(() => { Client().Copy(_source.Region(0, 8), [_mirror.Region(0, 8)], CopyFlags.None, (CopyNotify)null!); });
        Assert.Throws<ArgumentNullException>(() => { Client().PrepareCallback((CopyNotify)null!); });
    }

    [Fact]
    public void hold_for_a_zeroing_as_well()
    {
        var readOnly = BlockDevice.Memory(16 * 512, readOnly: true);
        Assert.Equal("to[0]", Assert.Throws<ArgumentException>(() => { Client().Zero([readOnly.Whole()], CopyFlags.None, TestActor); }).ParamName);
        Assert.Equal("to[1]",
            Assert.Throws<ArgumentException>(() => { Client().Zero([_mirror.Region(0, 8), _mirror.Region(7, 8)], CopyFlags.None, TestActor); }).ParamName);
        Assert.Equal("to[0]", Assert.Throws<ArgumentException>(() => { Client().Zero([_mirror.Region(9, 8)], CopyFlags.None, TestActor); }).ParamName);
        Assert.Equal("to[1]",
            Assert.Throws<ArgumentException>(() => { Client().Zero([_mirror.Region(0, 2), _source.Region(0, 1)], CopyFlags.None, TestActor); }).ParamName);
    }

    [Fact]
    public async Task leave_nothing_behind()
    {
        var client = Client();
        Assert.Throws<ArgumentException>(() => { client.Copy(_source.Region(0, 8), [], CopyFlags.None, TestActor); });
        Assert.Equal(0, (await client.GetStatusAsync()).Jobs);
        await Soon(client.DestroyAsync());
    }

    private void Refused(string argument, string because, IoRegion from, IoRegion[] to, CopyFlags flags = CopyFlags.None)
    {
        var error = Assert.Throws<ArgumentException>(() => { Client().Copy(from, to, flags, TestActor); });
        Assert.Equal(argument, error.ParamName);
        Assert.Contains(because, error.Message, StringComparison.Ordinal);
    }

    private void Accepted(IoRegion from, IoRegion[] to) => Client().Copy(from, to, CopyFlags.None, TestActor);
}
