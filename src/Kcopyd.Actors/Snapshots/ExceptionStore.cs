using Kcopyd.Actors.BlockIo;

namespace Kcopyd.Actors.Snapshots;

/// <summary>Stores the exceptions of a snapshot and allocates chunks of the COW device. Used by the origin's actor only.</summary>
internal abstract class ExceptionStore
{
    /// <summary>Allocates the next free chunk.</summary>
    /// <param name="cowLength">Bytes of the COW device.</param>
    /// <param name="chunk">The chunk.</param>
    /// <returns>False if the store is full.</returns>
    public abstract bool TryAllocate(long cowLength, out long chunk);

    /// <summary>512-byte sectors in use, as the kernel counts them.</summary>
    public abstract long UsedSectors { get; }

    /// <summary>512-byte sectors of metadata, as the kernel counts them.</summary>
    public abstract long MetadataSectors { get; }

    /// <summary>Number of records that still fit into the commit being prepared.</summary>
    public abstract int Room { get; }

    /// <summary>Adds a record to the commit being prepared.</summary>
    public abstract void Append(ExceptionRecord record);

    /// <summary>Plans the I/O that commits the appended records.</summary>
    /// <returns>False if there is nothing to do.</returns>
    public abstract bool PlanCommit(DeviceSequence sequence);

    /// <summary>Called when the commit is on the medium.</summary>
    public abstract void Committed();

    /// <summary>Called when the commit is abandoned: discards its records. The chunks that were allocated for them stay unused.</summary>
    public abstract void Uncommitted();

    /// <summary>The store's label, which identifies its origin; null if it has none.</summary>
    public virtual SnapshotStoreLabel? Label => null;

    /// <summary>Plans the I/O that invalidates the store permanently.</summary>
    /// <returns>False if there is nothing to do.</returns>
    public abstract bool PlanInvalidation(DeviceSequence sequence);

    /// <summary>Plans the I/O that writes the store's label.</summary>
    /// <returns>False if there is nothing to do.</returns>
    public virtual bool PlanLabel(DeviceSequence sequence, SnapshotStoreLabel? label) => false;

    /// <summary>Called when the invalidation or the label is on the medium.</summary>
    public virtual void HeadWritten() { }
}
