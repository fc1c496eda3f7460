namespace Kcopyd.Actors.Memory;

/// <summary>
/// The pages of one client. Used by the client actor only, so it needs no lock. One extent, the reserve, is allocated immediately and kept; more are allocated
/// on demand up to the bound, and released when the client is idle.
/// </summary>
/// <remarks>
/// Invariant: a request of at most one extent succeeds once all leases have been returned, because whole extents are free then. The client serves requests in
/// order, so no request waits forever.
/// </remarks>
internal sealed class PagePool
{
    private readonly List<PageExtent> _extents = [];
    private readonly int _extentSize;
    private readonly int _maxExtents;

    public PagePool(int extentSize, long bound)
    {
        _extentSize = extentSize;
        _maxExtents = (int)Math.Max(1, bound / extentSize);
        _extents.Add(new PageExtent(extentSize));
    }

    /// <summary>Bytes leased.</summary>
    public long BytesInUse { get; private set; }

    /// <summary>Bytes that the pool holds now.</summary>
    public long BytesHeld => (long)_extents.Count * _extentSize;

    /// <summary>The bound in bytes.</summary>
    public long Bound => (long)_maxExtents * _extentSize;

    /// <summary>Leases <paramref name="bytes"/> bytes of memory, at most one extent; false if the caller must wait.</summary>
    public bool TryLease(int bytes, out PageLease lease)
    {
        var pages = (bytes + PageExtent.PageSize - 1) / PageExtent.PageSize;
        foreach (var extent in _extents)
        {
            if (TryLease(extent, pages, out lease))
                return true;
        }
        if (_extents.Count < _maxExtents)
        {
            var extent = new PageExtent(_extentSize);
            _extents.Add(extent);
            return TryLease(extent, pages, out lease);
        }
        lease = default;
        return false;
    }

    public void Return(PageLease lease)
    {
        if (lease.Extent is not { } extent)
            return;
        BytesInUse -= (long)lease.Pages * PageExtent.PageSize;
        extent.Return(lease.FirstPage, lease.Pages);
    }

    /// <summary>
    /// Gives up a lease whose memory a device may still use: its extent leaves the pool, and a new one may replace it. Other leases of the extent are returned
    /// as usual.
    /// </summary>
    public void Forfeit(PageLease lease)
    {
        if (lease.Extent is not { } extent)
            return;
        BytesInUse -= (long)lease.Pages * PageExtent.PageSize;
        if (_extents.Remove(extent) && _extents.Count == 0)
            _extents.Add(new PageExtent(_extentSize));
    }

    /// <summary>Releases all extents without leases, except the reserve.</summary>
    public void Trim()
    {
        for (var i = _extents.Count - 1; i >= 0 && _extents.Count > 1; i--)
        {
            if (_extents[i].IsWholeFree)
                _extents.RemoveAt(i);
        }
    }

    private bool TryLease(PageExtent extent, int pages, out PageLease lease)
    {
        var first = extent.TryTake(pages);
        if (first < 0)
        {
            lease = default;
            return false;
        }
        BytesInUse += (long)pages * PageExtent.PageSize;
        lease = new PageLease(extent, first, pages);
        return true;
    }
}
