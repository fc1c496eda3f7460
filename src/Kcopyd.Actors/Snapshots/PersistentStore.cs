using Kcopyd.Actors.Devices;
using Kcopyd.Actors.Memory;

namespace Kcopyd.Actors.Snapshots;

/// <summary>The kernel's store on disk: a header, and areas of records that are filled in order.</summary>
/// <remarks>Invariant: a record is on the medium only if its data is, and an area is full there only if the next one is empty there. A flush
/// before the area is written makes it so, whatever a power cut leaves of the area: each record of it is as good as not written.</remarks>
internal sealed class PersistentStore(StoreImage image) : ExceptionStore
{
    private readonly StoreGeometry _geometry = image.Geometry;
    private readonly Memory<byte> _area = image.Area;
    private Memory<byte> _zeroes;
    private byte[] _removed = [];
    private Memory<byte> _withoutStale = image.HasStaleRecords ? Copy(image.Area) : default;
    private long _currentArea = image.CurrentArea;
    private long _nextFree = image.NextFree;
    private int _records = image.Committed;

    public override long UsedSectors => _nextFree * _geometry.ChunkSectors;

    public override long MetadataSectors => (_currentArea + 2) * _geometry.ChunkSectors;

    public override int Room => _geometry.RecordsPerArea - _records;

    public override bool TryAllocate(long cowLength, out long chunk)
    {
        chunk = _nextFree;
        if (_geometry.OffsetOf(_nextFree + 1) > cowLength)
            return false;
        _nextFree = _geometry.DataFrom(_nextFree + 1);
        return true;
    }

    public override void Append(ExceptionRecord record) => record.Write(_area.Span, _records++);

    public override bool PlanCommit(DeviceSequence sequence)
    {
        DropStale(sequence);
        if (Room == 0)
            sequence.Write(AreaOffset(_currentArea + 1), Zeroes);
        WriteArea(sequence);
        return true;
    }

    public override void Committed()
    {
        _withoutStale = default;
        if (Room > 0)
            return;
        _currentArea++;
        _records = 0;
        _area.Span.Clear();
    }

    public override bool PlanInvalidation(DeviceSequence sequence)
    {
        var header = AlignedMemory.Allocate(_geometry.ChunkSize);
        StoreHeader.Of(_geometry, valid: false).Write(header.Span);
        sequence.Write(0, header).Flush();
        return true;
    }

    // ---- merging takes the records from the end -------------------------------------------------------------------

    /// <summary>The current area is empty, and the one before it must be read before <see cref="LastRun"/>.</summary>
    public bool MustReadBack => _records == 0 && _currentArea > 0;

    public void PlanReadBack(DeviceSequence sequence) => sequence.Read(AreaOffset(_currentArea - 1), _area);

    /// <summary>The area before was read: it is full.</summary>
    public void IsReadBack()
    {
        _withoutStale = default;        // it is of the area that is left, which is zeroed before it is used again
        _currentArea--;
        _records = _geometry.RecordsPerArea;
    }

    /// <summary>The longest run of records at the end of the list that follow each other in both columns.</summary>
    /// <returns>Its first record and its length; 0 if there is no record left.</returns>
    public (ExceptionRecord First, int Count) LastRun()
    {
        if (_records == 0)
            return (default, 0);
        var first = ExceptionRecord.Read(_area.Span, _records - 1);
        var count = 1;
        for (; count < _records; count++)
        {
            var before = ExceptionRecord.Read(_area.Span, _records - 1 - count);
            if (before.Old != first.Old - 1 || before.New != first.New - 1)
                break;
            first = before;
        }
        return (first, count);
    }

    /// <summary>Puts together what takes records off the end of the list. What they told is where it belongs by now.</summary>
    public void PlanRemoval(DeviceSequence sequence, int count)
    {
        if (_removed.Length == 0)
            _removed = new byte[_area.Length];
        _area.CopyTo(_removed);
        _area.Span.Slice((_records - count) * StoreGeometry.RecordSize, count * StoreGeometry.RecordSize).Clear();
        DropStale(sequence);
        WriteArea(sequence);
    }

    /// <summary>The records could not be taken off: they hold as before.</summary>
    public void KeepRemoved() => _removed.CopyTo(_area);

    /// <summary>The records are off. From here on chunks are counted as if they had been given out in order, as the kernel does.</summary>
    public void Removed(int count)
    {
        _withoutStale = default;
        _records -= count;
        _nextFree = _geometry.AreaChunk(_currentArea) + _records + 1;
    }

    private Memory<byte> Zeroes => _zeroes.IsEmpty ? _zeroes = AlignedMemory.Allocate(_geometry.ChunkSize) : _zeroes;

    private long AreaOffset(long area) => _geometry.OffsetOf(_geometry.AreaChunk(area));

    // If a write of the area and what it still holds behind its end came together, a torn one could fill the gap that ends the list now.
    private void DropStale(DeviceSequence sequence)
    {
        if (!_withoutStale.IsEmpty)
            sequence.Write(AreaOffset(_currentArea), _withoutStale).Flush();
    }

    private static Memory<byte> Copy(Memory<byte> area)
    {
        var copy = AlignedMemory.Allocate(area.Length);
        area.CopyTo(copy);
        return copy;
    }

    private void WriteArea(DeviceSequence sequence) => sequence.Flush().Write(AreaOffset(_currentArea), _area).Flush();
}
