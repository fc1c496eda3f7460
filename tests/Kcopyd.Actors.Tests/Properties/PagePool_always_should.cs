using CsCheck;
using Kcopyd.Actors.Memory;
using Xunit;

namespace Kcopyd.Actors.Tests.Properties;

public sealed class PagePool_always_should
{
    [Fact]
    public void give_no_page_out_twice_and_have_all_of_them_back_at_the_end() =>
        Gen.Select(Gen.Int[1, 70], Gen.Int[1, 4], Gen.Int[0, 1_000_000].Array[0, 150]).Sample((extentPages, extents, steps) =>
        {
            var extentSize = extentPages * PageExtent.PageSize;
            var pool = new PagePool(extentSize, (long)extentSize * extents);
            var leases = new List<PageLease>();
            var forfeited = new HashSet<PageExtent>();
            foreach (var step in steps)
            {
                var pick = step / 8;
                switch (step % 8)
                {
                    case < 4:
                        var bytes = 1 + pick % extentSize;
                        if (pool.TryLease(bytes, out var lease))
                        {
                            Assert.DoesNotContain(leases, other => Overlap(other, lease));
                            Assert.DoesNotContain(lease.Extent!, forfeited);
                            Assert.Equal(bytes, lease.Memory(bytes).Length);
                            leases.Add(lease);
                        }
                        else
                        {
                            Assert.Contains(leases, other => !forfeited.Contains(other.Extent!));   // it waits for another lease
                        }
                        break;
                    case < 6 when leases.Count > 0:
                        pool.Return(Take(leases, pick));
                        break;
                    case 6 when leases.Count > 0:
                        var lost = Take(leases, pick);
                        pool.Forfeit(lost);
                        forfeited.Add(lost.Extent!);
                        break;
                    default:
                        pool.Trim();
                        break;
                }
                Assert.Equal(leases.Sum(lease => (long)lease.Pages * PageExtent.PageSize), pool.BytesInUse);
                Assert.InRange(pool.BytesHeld, extentSize, pool.Bound);
            }
            leases.ForEach(pool.Return);
            Assert.Equal(0, pool.BytesInUse);
            pool.Trim();
            Assert.Equal(extentSize, pool.BytesHeld);
            Assert.True(pool.TryLease(extentSize, out _), "the reserve is not whole");
        });

    [Fact]
    public void refuse_a_page_that_comes_back_twice() =>
        Gen.Select(Gen.Int[1, 130], Gen.Int[1, 130]).Where((extent, pages) => pages <= extent).Sample((extentPages, pages) =>
        {
            var pool = new PagePool(extentPages * PageExtent.PageSize, 1);
            Assert.True(pool.TryLease(pages * PageExtent.PageSize, out var lease));
            pool.Return(lease);
            Assert.Throws<InvalidOperationException>(() => pool.Return(lease));
        });

    private static bool Overlap(PageLease a, PageLease b) =>
        a.Extent == b.Extent && a.FirstPage < b.FirstPage + b.Pages && b.FirstPage < a.FirstPage + a.Pages;

    private static PageLease Take(List<PageLease> leases, int pick)
    {
        var lease = leases[pick % leases.Count];
        leases.RemoveAt(pick % leases.Count);
        return lease;
    }
}
