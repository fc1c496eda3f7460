using Xunit;

namespace Kcopyd.Actors.Tests.Devices;

public sealed class StorageLocation_should
{
    private static readonly object Disk = new();

    [Theory]
    [InlineData(0, 10, 10, 10, false)]
    [InlineData(0, 11, 10, 10, true)]
    [InlineData(15, 1, 10, 10, true)]
    [InlineData(20, 5, 10, 10, false)]
    [InlineData(10, 0, 10, 0, true)]            // an empty file and itself
    [InlineData(10, 0, 11, 0, false)]
    [InlineData(0, long.MaxValue, 1L << 60, long.MaxValue, true)]
    [InlineData(1L << 60, long.MaxValue, 5, 10, false)]
    public void overlap_what_shares_a_byte_in_either_order(long offset, long length, long otherOffset, long otherLength, bool overlap)
    {
        var (one, other) = (new StorageLocation(Disk, offset), new StorageLocation(Disk, otherOffset));
        Assert.Equal(overlap, one.Overlaps(length, other, otherLength));
        Assert.Equal(overlap, other.Overlaps(otherLength, one, length));
    }

    [Fact]
    public void overlap_nothing_on_another_storage_or_on_none()
    {
        Assert.False(new StorageLocation(Disk, 0).Overlaps(10, new StorageLocation(new object(), 0), 10));
        Assert.False(new StorageLocation(null, 0).Overlaps(10, new StorageLocation(null, 0), 10));
    }
}
