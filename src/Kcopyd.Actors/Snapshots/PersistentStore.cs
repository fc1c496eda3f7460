using Kcopyd.Actors.BlockIo;
using Kcopyd.Actors.Memory;

namespace Kcopyd.Actors.Snapshots;

/// <summary>A store in the kernel's on-disk format: a header, and areas of records that are filled in order. An area is written one page at a time; a page is
/// the whole area unless chunks are very large.</summary>
/// <remarks>Invariant: a record is on the medium only if its data is; an area is full on the medium only if the next one is empty there; and behind the page
/// with the end of the list its area is empty. A flush before each page write ensures this, whatever a power cut leaves of the page: each of its new records is
/// as good as not written.</remarks>
internal sealed class PersistentStore(StoreImage image, int headSize) : ExceptionStore
{
    private readonly StoreGeometry _geometry = image.Geometry;
    private readonly Memory<byte> _page = image.Page;
    private StoreHead _head = image.Head;
    private StoreHead _planned = image.Head;
    private Memory<byte> _headSector;
    private Memory<byte> _zeroes;
    private byte[] _removed = [];
    private Memory<byte> _withoutStale = image.IsPageStale || image.IsTailStale ? Copy(image.Page) : default;
    private bool _isTailStale = image.IsTailStale;
    private long _currentArea = image.CurrentArea;
    private int _pageStart = image.PageStart;
    private int _inPage = image.InPage;
    private int _appended;      // records of the page that the current commit adds
    private long _nextFree = image.NextFree;

    public override long UsedSectors => _nextFree * _geometry.ChunkSectors;

    public override long MetadataSectors => (_currentArea + 2) * _geometry.ChunkSectors;

    public override int Room => _geometry.RecordsPerPage - _inPage;

    public override SnapshotStoreLabel? Label => _head.Label;

    // Records of the current area behind the page.
    private int RecordsBehind => _geometry.RecordsPerArea - _pageStart - _geometry.RecordsPerPage;

    private long PageOffset => _geometry.RecordOffset(_currentArea, _pageStart);

    public override bool TryAllocate(long cowLength, out long chunk)
    {
        chunk = _nextFree;
        if (_geometry.OffsetOf(_nextFree + 1) > cowLength)
            return false;
        _nextFree = _geometry.DataFrom(_nextFree + 1);
        return true;
    }

    public override void Append(ExceptionRecord record)
    {
        record.Write(_page.Span, _inPage++);
        _appended++;
    }

    public override bool PlanCommit(DeviceSequence sequence)
    {
        DropStale(sequence);
        if (Room == 0 && RecordsBehind == 0)
            ZeroArea(sequence, _currentArea + 1);
        WritePage(sequence);
        return true;
    }

    public override void Committed()
    {
        _withoutStale = default;
        _isTailStale = false;
        _appended = 0;
        if (Room > 0)
            return;
        if (RecordsBehind == 0)
            (_currentArea, _pageStart) = (_currentArea + 1, 0);
        else
            _pageStart += _geometry.RecordsPerPage;
        _inPage = 0;
        _page.Span.Clear();
    }

    /// <summary>Abandons the commit. What reached the medium is harmless, and is removed before the next commit.</summary>
    public override void Uncommitted()
    {
        _page.Span.Slice((_inPage - _appended) * StoreGeometry.RecordSize, _appended * StoreGeometry.RecordSize).Clear();
        _inPage -= _appended;
        _appended = 0;
        _withoutStale = Copy(_page);
    }

    // ---- the head ------------------------------------------------------------------------------------------------

    public override bool PlanInvalidation(DeviceSequence sequence) => PlanHead(sequence, _head with { Header = _head.Header with { Valid = 0 } });

    public override bool PlanLabel(DeviceSequence sequence, SnapshotStoreLabel? label) => PlanHead(sequence, _head with { Label = label });

    public override void HeadWritten() => _head = _planned;

    private bool PlanHead(DeviceSequence sequence, StoreHead head)
    {
        _planned = head;
        if (_headSector.IsEmpty)
            _headSector = AlignedMemory.Allocate(headSize);
        head.Write(_headSector.Span);
        sequence.Write(0, _headSector).Flush();
        return true;
    }

    // ---- merging removes records from the end ---------------------------------------------------------------------

    /// <summary>True if the current page is empty and the previous one must be read before <see cref="LastRun"/>.</summary>
    public bool MustReadBack => _inPage == 0 && (_pageStart > 0 || _currentArea > 0);

    public void PlanReadBack(DeviceSequence sequence)
    {
        var (area, start) = PageBefore;
        sequence.Read(_geometry.RecordOffset(area, start), _page);
    }

    /// <summary>Continues with the previous page, which was read and is full.</summary>
    public void ReadBackEnded()
    {
        var before = PageBefore;
        _isTailStale = before.Area == _currentArea && (_isTailStale || !_withoutStale.IsEmpty);     // a later area is zeroed before it is used again
        (_currentArea, _pageStart) = before;
        _inPage = _geometry.RecordsPerPage;
        _withoutStale = _isTailStale ? Copy(_page) : default;
    }

    private (long Area, int PageStart) PageBefore =>
        _pageStart > 0 ? (_currentArea, _pageStart - _geometry.RecordsPerPage) : (_currentArea - 1, _geometry.RecordsPerArea - _geometry.RecordsPerPage);

    /// <summary>The longest run of records at the end of the page that is contiguous in old and new chunks.</summary>
    /// <returns>Its first record and its length; 0 if no record is left.</returns>
    public (ExceptionRecord First, int Count) LastRun()
    {
        if (_inPage == 0)
            return (default, 0);
        var first = ExceptionRecord.Read(_page.Span, _inPage - 1);
        var count = 1;
        for (; count < _inPage; count++)
        {
            var before = ExceptionRecord.Read(_page.Span, _inPage - 1 - count);
            if (before.Old != first.Old - 1 || before.New != first.New - 1)
                break;
            first = before;
        }
        return (first, count);
    }

    /// <summary>Plans the I/O that removes records from the end of the list. Their data is at its place on the origin by now.</summary>
    public void PlanRemoval(DeviceSequence sequence, int count)
    {
        if (_removed.Length == 0)
            _removed = new byte[_page.Length];
        _page.CopyTo(_removed);
        _page.Span.Slice((_inPage - count) * StoreGeometry.RecordSize, count * StoreGeometry.RecordSize).Clear();
        DropStale(sequence);
        WritePage(sequence);
    }

    /// <summary>Restores the records, because they could not be removed.</summary>
    public void KeepRemoved() => _removed.CopyTo(_page);

    /// <summary>Completes the removal. From now on, chunks are counted as if they had been allocated in order, as in the kernel.</summary>
    public void Removed(int count)
    {
        _withoutStale = default;
        _isTailStale = false;
        _inPage -= count;
        _nextFree = _geometry.AreaChunk(_currentArea) + _pageStart + _inPage + 1;
    }

    // ---- the medium ----------------------------------------------------------------------------------------------

    // If a page write met stale records behind the end of the list, a torn write could fill the gap that now ends the list.
    private void DropStale(DeviceSequence sequence)
    {
        if (_withoutStale.IsEmpty)
            return;
        sequence.Write(PageOffset, _withoutStale);
        if (_isTailStale)
            sequence.Zero(PageOffset + _geometry.PageSize, (long)RecordsBehind * StoreGeometry.RecordSize);
        sequence.Flush();
    }

    // An area of usual size is written, so that the space for its records is allocated.
    private void ZeroArea(DeviceSequence sequence, long area)
    {
        var offset = _geometry.OffsetOf(_geometry.AreaChunk(area));
        if (_geometry.PageSize < _geometry.ChunkSize)
            sequence.Zero(offset, _geometry.ChunkSize);
        else
            sequence.Write(offset, _zeroes.IsEmpty ? _zeroes = AlignedMemory.Allocate(_geometry.ChunkSize) : _zeroes);
    }

    private void WritePage(DeviceSequence sequence) => sequence.Flush().Write(PageOffset, _page).Flush();

    private static Memory<byte> Copy(Memory<byte> page)
    {
        var copy = AlignedMemory.Allocate(page.Length);
        page.CopyTo(copy);
        return copy;
    }
}
