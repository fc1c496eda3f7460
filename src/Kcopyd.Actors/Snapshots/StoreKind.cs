namespace Kcopyd.Actors.Snapshots;

/// <summary>How a snapshot stores its exceptions.</summary>
public enum StoreKind
{
    /// <summary>On the COW device, in the kernel's format (its type <c>P</c>): the snapshot survives a restart and a power cut.</summary>
    Persistent,
    /// <summary>Like <see cref="Persistent"/>, but a write to the snapshot that finds the store full does not invalidate the snapshot (the kernel's <c>PO</c>):
    /// what was written before stays readable.</summary>
    PersistentOverflow,
    /// <summary>In memory only (the kernel's <c>N</c>): lost when the snapshot is closed. The COW device holds only data.</summary>
    Transient,
}
