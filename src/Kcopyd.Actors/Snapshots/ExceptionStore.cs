using Kcopyd.Actors.BlockIo;

namespace Kcopyd.Actors.Snapshots;

/// <summary>Where the exceptions of a snapshot are kept, and which chunk of the COW device is the next. Used by the origin's actor only.</summary>
internal abstract class ExceptionStore
{
    /// <summary>Takes the next free chunk.</summary>
    /// <param name="cowLength">Bytes of the COW device.</param>
    /// <param name="chunk">The chunk.</param>
    /// <returns>False if the store is full.</returns>
    public abstract bool TryAllocate(long cowLength, out long chunk);

    /// <summary>512-byte sectors in use, as the kernel counts them.</summary>
    public abstract long UsedSectors { get; }

    /// <summary>512-byte sectors of metadata, as the kernel counts them.</summary>
    public abstract long MetadataSectors { get; }

    /// <summary>Records that the commit which is being put together can still take.</summary>
    public abstract int Room { get; }

    /// <summary>Takes a record into the commit that is being put together.</summary>
    public abstract void Append(ExceptionRecord record);

    /// <summary>Puts together what makes the appended records hold.</summary>
    /// <returns>False if there is nothing to do.</returns>
    public abstract bool PlanCommit(DeviceSequence sequence);

    /// <summary>The commit is on the medium.</summary>
    public abstract void Committed();

    /// <summary>The commit is given up: its records were never there. The chunks that were allocated for them stay unused.</summary>
    public abstract void Uncommitted();

    /// <summary>What the store says of its origin; null if it says nothing.</summary>
    public virtual SnapshotStoreLabel? Label => null;

    /// <summary>Puts together what makes the store invalid for good.</summary>
    /// <returns>False if there is nothing to do.</returns>
    public abstract bool PlanInvalidation(DeviceSequence sequence);

    /// <summary>Puts together what gives the store a label.</summary>
    /// <returns>False if there is nothing to do.</returns>
    public virtual bool PlanLabel(DeviceSequence sequence, SnapshotStoreLabel? label) => false;

    /// <summary>The invalidation or the label is on the medium.</summary>
    public virtual void HeadWritten() { }
}
