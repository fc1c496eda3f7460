using System.Buffers.Binary;
using Kcopyd.Actors.Snapshots;
using Xunit;

namespace Kcopyd.Actors.Tests.Snapshots;

public sealed class StoreReader_should
{
    private const int Chunk = 512;      // 32 records; areas at chunks 1, 34, 67
    private const int OriginLength = 100 * Chunk;

    [Theory]
    [InlineData(5, 1, "new chunk 1 holds metadata")]
    [InlineData(5, 34, "new chunk 34 holds metadata")]
    [InlineData(5, -7, "new chunk -7 holds metadata")]
    [InlineData(100, 3, "old chunk 100 is beyond the end of the origin")]
    [InlineData(-1, 3, "old chunk -1 is beyond the end of the origin")]
    [InlineData(5, 50, "new chunk 50 is beyond the end of the store")]
    [InlineData(8, 3, "old chunk 8 already has an exception: 8->2")]
    [InlineData(5, 2, "new chunk 2 is already used by 8->2")]
    public void refuse_a_hostile_record_by_its_name(long old, long place, string why)
    {
        var cow = Store(50);
        new ExceptionRecord(8, 2).Write(cow.AsSpan(Chunk), 0);
        new ExceptionRecord(old, place).Write(cow.AsSpan(Chunk), 1);
        var refusal = Assert.Throws<SnapshotStoreException>(() => Model.Store.Load(cow, OriginLength));
        Assert.Contains(why, refusal.Message, StringComparison.Ordinal);
        Assert.Contains($"record 1 of metadata area 0 ({old}->{place})", refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, 0x12345678u, "is not a COW store")]
    [InlineData(8, 2u, "of version 2")]
    [InlineData(12, 12u, "chunks of 12 sectors")]
    [InlineData(12, 0u, "chunks of 0 sectors")]
    public void refuse_a_header_that_is_not_its_own(int at, uint value, string why)
    {
        var cow = Store(50);
        BinaryPrimitives.WriteUInt32LittleEndian(cow.AsSpan(at), value);
        Assert.Contains(why, Assert.Throws<SnapshotStoreException>(() => Model.Store.Load(cow, OriginLength)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void refuse_a_store_whose_next_area_was_cut_off()
    {
        var cow = Store(34);
        for (var i = 0; i < 32; i++)
            new ExceptionRecord(i, 2 + i).Write(cow.AsSpan(Chunk), i);
        var refusal = Assert.Throws<SnapshotStoreException>(() => Model.Store.Load(cow, OriginLength));
        Assert.Contains("before metadata area 1", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void read_nothing_of_a_store_that_says_that_it_is_invalid()
    {
        var cow = Store(50);
        cow.AsSpan(Chunk).Fill(0xff);
        cow[4] = 0;
        Assert.False(Model.Store.Load(cow, OriginLength)!.IsValid);
    }

    private static byte[] Store(int chunks)
    {
        var cow = new byte[chunks * Chunk];
        StoreHeader.Of(new StoreGeometry(Chunk), valid: true).Write(cow.AsSpan(0, Chunk));
        return cow;
    }
}
