using Kcopyd.Actors.Memory;
using Xunit;

namespace Kcopyd.Actors.Tests.Memory;

public sealed class PagePool_should
{
    private const int Extent = 16 * PageExtent.PageSize;

    [Fact]
    public void hand_out_memory_that_nobody_else_has_at_page_boundaries()
    {
        var pool = new PagePool(Extent, 4 * Extent);
        var leases = new List<PageLease>();
        while (pool.TryLease(3 * PageExtent.PageSize, out var lease))
        {
            leases.Add(lease);
            var bytes = lease.Memory(3 * PageExtent.PageSize).Span;
            Assert.False(bytes.ContainsAnyExcept((byte)0));     // not filled by another lease
            bytes.Fill((byte)leases.Count);
        }
        Assert.Equal(16, leases.Count);
        Assert.Equal(16 * 3 * PageExtent.PageSize, pool.BytesInUse);
        Assert.Equal(pool.Bound, pool.BytesHeld);
    }

    [Fact]
    public void take_everything_back_whatever_the_order()
    {
        var random = new Random(5);
        var pool = new PagePool(Extent, 4 * Extent);
        var leases = new List<PageLease>();
        for (var step = 0; step < 5000; step++)
        {
            if (random.Next(2) == 0 && pool.TryLease(random.Next(1, Extent + 1), out var lease))
                leases.Add(lease);
            else if (leases.Count > 0)
                Remove(leases, random.Next(leases.Count), pool);
            Assert.Equal(leases.Sum(held => (long)held.Pages * PageExtent.PageSize), pool.BytesInUse);
            Assert.InRange(pool.BytesHeld, Extent, 4 * Extent);
        }
        while (leases.Count > 0)
            Remove(leases, 0, pool);
        Assert.True(pool.TryLease(Extent, out _));      // a whole piece is available again
        Assert.Equal(Extent, pool.BytesInUse);
    }

    [Fact]
    public void keep_the_reserve_when_it_lets_go_of_the_rest()
    {
        var pool = new PagePool(Extent, 4 * Extent);
        Assert.True(pool.TryLease(Extent, out var first));
        Assert.True(pool.TryLease(Extent, out var second));
        pool.Return(first);
        pool.Return(second);
        pool.Trim();
        Assert.Equal(Extent, pool.BytesHeld);
    }

    [Fact]
    public void not_let_go_of_what_is_leased()
    {
        var pool = new PagePool(Extent, 4 * Extent);
        Assert.True(pool.TryLease(Extent, out var first));
        Assert.True(pool.TryLease(1, out var second));
        pool.Return(first);
        pool.Trim();
        Assert.Equal(Extent, pool.BytesHeld);
        pool.Return(second);
        Assert.Equal(0, pool.BytesInUse);
    }

    [Fact]
    public void replace_memory_that_a_device_may_still_write_into()
    {
        var pool = new PagePool(Extent, Extent);
        Assert.True(pool.TryLease(1, out var lost));
        Assert.True(pool.TryLease(1, out var other));
        pool.Forfeit(lost);
        Assert.True(pool.TryLease(Extent, out var fresh));
        Assert.NotSame(lost.Extent, fresh.Extent);
        pool.Return(other);     // a lease of the replaced extent
        Assert.Equal(Extent, pool.BytesInUse);
        Assert.Equal(Extent, pool.BytesHeld);
    }

    [Fact]
    public void refuse_to_take_a_page_back_twice()
    {
        var pool = new PagePool(Extent, Extent);
        Assert.True(pool.TryLease(1, out var lease));
        pool.Return(lease);
        Assert.Throws<InvalidOperationException>(() => pool.Return(lease));
    }

    private static void Remove(List<PageLease> leases, int index, PagePool pool)
    {
        pool.Return(leases[index]);
        leases.RemoveAt(index);
    }
}
