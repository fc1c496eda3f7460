namespace Kcopyd.Actors.Memory;

/// <summary>
/// The pages of one client. Used by the client actor only, so it needs no lock. One extent is the reserve, allocated at once and kept;
/// up to the bound more come on demand and go when the client is idle.
/// </summary>
/// <remarks>
/// Invariant: a request of at most one extent succeeds as soon as everything that was leased is back, because then whole extents are
/// free. The client serves requests in order, so no request waits for ever.
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

    /// <summary>Leases memory for <paramref name="bytes"/> bytes, at most one extent; false if it has to wait.</summary>
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
    /// Gives up a lease whose memory may still be in use by a device: its extent leaves the pool, and a new one may take its place.
    /// Other leases of it are returned as ever.
    /// </summary>
    public void Forfeit(PageLease lease)
    {
        if (lease.Extent is not { } extent)
            return;
        BytesInUse -= (long)lease.Pages * PageExtent.PageSize;
        if (_extents.Remove(extent) && _extents.Count == 0)
            _extents.Add(new PageExtent(_extentSize));
    }

    /// <summary>Lets go of everything that is not leased, except the reserve.</summary>
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
