using Kcopyd.Actors.BlockIo;

namespace Kcopyd.Actors.Snapshots;

/// <summary>A store without metadata: chunks are allocated sequentially from the start of the COW device.</summary>
internal sealed class TransientStore(StoreGeometry geometry) : ExceptionStore
{
    private long _nextFree;     // chunks

    public override long UsedSectors => _nextFree << geometry.Shift >> IoRegion.SectorShift;

    public override long MetadataSectors => 0;

    public override int Room => int.MaxValue;

    public override bool TryAllocate(long cowLength, out long chunk)
    {
        chunk = _nextFree;
        if (geometry.OffsetOf(_nextFree + 1) > cowLength)
            return false;
        _nextFree++;
        return true;
    }

    public override void Append(ExceptionRecord record) { }

    public override bool PlanCommit(DeviceSequence sequence) => false;

    public override void Committed() { }

    public override void Uncommitted() { }

    public override bool PlanInvalidation(DeviceSequence sequence) => false;
}
