using Kcopyd.Actors.TestKit.Disks;

namespace Kcopyd.Actors.Tests.Simulation;

/// <summary>One I/O, as the model looks at it.</summary>
internal sealed class IoEntry(SimulatedIo io)
{
    public SimulatedDisk Device => io.Disk;

    public DiskIoKind Kind => io.Kind;

    /// <summary>How a clone is to be made.</summary>
    public OffloadKinds Way => io.Method;

    public long Offset => io.Offset;

    public int Length => io.Length;

    public long Issued => io.Issued;

    public long Completed => io.Completed;

    /// <summary>Bytes transferred; of a map, those that were told to be zero.</summary>
    public long Bytes => io.Result.Bytes;

    public IoError Error => io.IsCompleted && io.Exception is not null ? IoError.WorkerCrashed : io.Result.Error;

    /// <summary>A small copy that did not come whole: the job is read and written after all, from its start.</summary>
    public bool IsVain => Way == OffloadKinds.SmallCopy && Bytes < Length;

    public bool Changes => io.Changes;

    /// <summary>What a caller has to take for a failure. That a device does not know write-zeroes is none, nor that it cannot map or clone.</summary>
    public bool IsFailure => Kind is DiskIoKind.Map or DiskIoKind.Clone
        ? Error == IoError.WorkerCrashed
        : io.IsCompleted && Error != IoError.NotSupported && (Error != IoError.None || (Bytes == 0 && Length > 0));

    public override string ToString() => io.ToString();
}

/// <summary>What all disks of a simulation did, and what they found wrong with what they were asked.</summary>
internal sealed class IoLog : IDiskObserver
{
    private readonly MemoryWatch _memory;

    public IoLog() => _memory = new MemoryWatch(this);

    public List<IoEntry> Entries { get; } = [];

    /// <summary>Broken promises, to be thrown by the test: thrown here they would look like a broken device.</summary>
    public List<string> Complaints { get; } = [];

    /// <summary>Who has a region, so that an I/O outside of all of them is seen at once.</summary>
    public List<(SimulatedDisk Device, long Offset, long Length)> Regions { get; } = [];

    /// <summary>What the devices held before the first I/O.</summary>
    public Dictionary<SimulatedDisk, byte[]> Originals { get; } = [];

    public void Issued(SimulatedIo io)
    {
        Entries.Add(new IoEntry(io));
        _memory.Begin(io);
        if (io.Kind == DiskIoKind.Flush)
            return;
        if (!Regions.Exists(region => region.Device == io.Disk && region.Offset <= io.Offset && io.Offset + io.Length <= region.Offset + region.Length))
            Complaints.Add($"outside of every job's regions: {io}");
    }

    public void Released(SimulatedIo io) => _memory.End(io);
}
