using Kcopyd.Actors.Snapshots;
using Xunit;

namespace Kcopyd.Actors.Tests.Snapshots;

public sealed class StoreLabel_should
{
    private static readonly SnapshotStoreLabel Label = new(Guid.NewGuid(), 1L << 40, "inode 12 born 34.000000056", "/var/disk.img", IsUnclean: true);

    [Fact]
    public void be_read_as_it_was_written_and_leave_the_kernels_header_alone()
    {
        foreach (var label in new[]
        {
            Label,
            Label with { IsUnclean = false },
            Label with { IsMerging = true },
            Label with { IsUnclean = false, IsMerging = true },
            Label with { OriginKey = null },
            Label with { OriginKey = new string('k', 128), OriginName = "" },
            Label with { OriginName = "/ö/名前" },
        })
        {
            var sector = Sector(label);
            Assert.Equal(label, SnapshotStoreLabel.Read(sector, "cow"));
            Assert.Equal(new StoreHeader(StoreHeader.SnapMagic, 1, 1, 8), StoreHeader.Read(sector));
        }
    }

    [Fact]
    public void keep_the_end_of_a_name_that_is_too_long_and_no_half_character()
    {
        var name = SnapshotStoreLabel.Read(Sector(Label with { OriginName = "/" + new string('ö', 200) + "/disk.img" }), "cow")!.OriginName;
        Assert.StartsWith("...ö", name, StringComparison.Ordinal);
        Assert.EndsWith("ö/disk.img", name, StringComparison.Ordinal);
    }

    [Fact]
    public void be_none_where_the_kernel_made_the_store_and_where_something_else_is()
    {
        var sector = new byte[512];
        new StoreHead(StoreHeader.Of(new StoreGeometry(4096), valid: true), null).Write(sector);
        Assert.Null(SnapshotStoreLabel.Read(sector, "cow"));
        new Random(1).NextBytes(sector.AsSpan(16));
        Assert.Null(SnapshotStoreLabel.Read(sector, "cow"));
    }

    [Fact]
    public void be_refused_when_one_bit_of_it_is_wrong()
    {
        var good = Sector(Label);
        for (var at = 24; at < 512; at++)
        {
            var sector = (byte[])good.Clone();
            sector[at] ^= (byte)(1 << at % 8);
            Assert.Equal(SnapshotStoreError.DamagedLabel, Assert.Throws<SnapshotStoreException>(() => SnapshotStoreLabel.Read(sector, "cow")).Reason);
        }
    }

    [Fact]
    public void be_refused_when_it_is_of_a_later_version()
    {
        var sector = Sector(Label);
        sector[23] = (byte)'2';
        var refusal = Assert.Throws<SnapshotStoreException>(() => SnapshotStoreLabel.Read(sector, "cow"));
        Assert.Equal(SnapshotStoreError.UnknownVersion, refusal.Reason);
        Assert.Equal("cow has a label of version 2, made by a newer release; this one knows version 1.", refusal.Message);
    }

    [Theory, InlineData(""), InlineData("a\0b")]
    public void not_take_a_key_that_cannot_be_kept(string key)
    {
        Assert.Throws<ArgumentException>(() => new OriginIdentity(key, "disk"));
        Assert.Throws<ArgumentException>(() => new OriginIdentity(new string('ö', 65), "disk"));
        Assert.Equal(128, new OriginIdentity(new string('ö', 64), "disk").Key!.Length * 2);
    }

    private static byte[] Sector(SnapshotStoreLabel label)
    {
        var sector = new byte[512];
        new StoreHead(StoreHeader.Of(new StoreGeometry(4096), valid: true), label).Write(sector);
        return sector;
    }
}
