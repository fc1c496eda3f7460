using Kcopyd.Actors.Devices;

namespace Kcopyd.Actors.TestKit.Disks;

/// <summary>The properties of a <see cref="SimulatedDisk"/> that never change. What is wrong with it is in <see cref="DiskFaults"/>.</summary>
public sealed record SimulatedDiskOptions
{
    /// <summary>The smallest unit, in bytes, that fails, and that a power cut keeps or loses as a whole: a power of two, at least 512. Default: 512.</summary>
    public int LogicalBlockSize { get; init; } = IoRegion.SectorSize;

    /// <summary>The offset and the length of an I/O that does not end at the end of the disk must be multiples of this many bytes: a power of two. Otherwise it
    /// fails with <see cref="IoError.Invalid"/>. Default: 1, so everything is accepted.</summary>
    public int Alignment { get; init; } = 1;

    /// <summary>True if writes are refused. Default: false.</summary>
    public bool IsReadOnly { get; init; }

    /// <summary>What it can do beyond reading and writing. With <see cref="DeviceFeatures.VolatileCache"/>, acknowledged writes survive a power cut for certain
    /// only after a flush. Default: WriteZeroes, Discard and VolatileCache. <see cref="DeviceFeatures.Clone"/> follows from <see cref="Clones"/>.</summary>
    public DeviceFeatures Features { get; init; } = DeviceFeatures.WriteZeroes | DeviceFeatures.Discard | DeviceFeatures.VolatileCache;

    /// <summary>The methods by which it clones from other simulated disks. Default: none.</summary>
    public OffloadKinds Clones { get; init; }

    /// <summary>The bytes of acknowledged writes that the volatile cache holds at most; the oldest are then written back. Default: 16 MiB.</summary>
    public long CacheSize { get; init; } = 16 << 20;

    /// <summary>True if the engine may issue reads, writes and the like from the actor that needs them; false if it is to use its workers, as for a disk whose
    /// calls block. Default: false.</summary>
    public bool IsPrompt { get; init; }

    /// <summary>The same for flushes. Default: false.</summary>
    public bool IsFlushPrompt { get; init; }

    /// <summary>What is wrong with it at first. Default: nothing.</summary>
    public DiskFaults Faults { get; init; } = DiskFaults.None;

    /// <summary>Sees its I/Os. Default: null.</summary>
    public IDiskObserver? Observer { get; init; }

    internal bool IsPromptFor(DeviceOperation operation) => operation == DeviceOperation.Flush ? IsFlushPrompt : IsPrompt;

    internal void Check()
    {
        if (LogicalBlockSize < IoRegion.SectorSize || !int.IsPow2(LogicalBlockSize))
            throw new ArgumentOutOfRangeException(nameof(LogicalBlockSize), LogicalBlockSize, "A logical block is a power of two of at least 512 bytes.");
        if (Alignment < 1 || !int.IsPow2(Alignment))
            throw new ArgumentOutOfRangeException(nameof(Alignment), Alignment, "An alignment is a power of two; 1 accepts everything.");
        const DeviceFeatures Possible =
            DeviceFeatures.WriteZeroes | DeviceFeatures.Discard | DeviceFeatures.VolatileCache | DeviceFeatures.Map | DeviceFeatures.Clone;
        if ((Features & ~Possible) != 0)
            throw new ArgumentException($"A simulated disk cannot have {Features & ~Possible}. Use any of {Possible}.", nameof(Features));
        ArgumentOutOfRangeException.ThrowIfNegative(CacheSize);
        ArgumentNullException.ThrowIfNull(Faults);
    }
}
