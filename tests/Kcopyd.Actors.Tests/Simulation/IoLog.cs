namespace Kcopyd.Actors.Tests.Simulation;

internal enum IoKind
{
    Read,
    Write,
    Zero,
    Flush,
    Map,
    Clone,
}

/// <summary>One I/O as its device saw it.</summary>
internal sealed class IoEntry(int issued, SimulatedDevice device, IoKind kind, long offset, int length)
{
    public int Issued { get; } = issued;

    public SimulatedDevice Device { get; } = device;

    public IoKind Kind { get; } = kind;

    /// <summary>How a clone is to be made.</summary>
    public OffloadKinds Way { get; init; }

    public long Offset { get; } = offset;

    public int Length { get; } = length;

    public int Completed { get; private set; } = int.MaxValue;

    /// <summary>Bytes transferred; of a map, those that were told to be zero.</summary>
    public long Bytes { get; private set; }

    public IoError Error { get; private set; }

    public bool IsCompleted => Completed != int.MaxValue;

    /// <summary>A small copy that did not come whole: the job is read and written after all, from its start.</summary>
    public bool IsVain => Way == OffloadKinds.SmallCopy && Bytes < Length;

    public bool Changes => Kind is IoKind.Write or IoKind.Zero or IoKind.Clone;

    /// <summary>What a caller has to take for a failure. That a device does not know write-zeroes is none, nor that it cannot map or clone.</summary>
    public bool IsFailure => Kind is IoKind.Map or IoKind.Clone
        ? Error == IoError.WorkerCrashed
        : IsCompleted && Error != IoError.NotSupported && (Error != IoError.None || (Bytes == 0 && Length > 0));

    public void Complete(int step, IoResult result)
    {
        Completed = step;
        (Bytes, Error) = (result.Bytes, result.Error);
    }

    public override string ToString() =>
        $"{Issued,5}-{(IsCompleted ? Completed : "?"),-5} {Device.Name} {Kind}{(Way == OffloadKinds.None ? "" : $" {Way}")} "
        + $"{Offset}+{Length} -> {Bytes} {Error}";
}

/// <summary>What all devices of a simulation did, and what they found wrong with what they were asked.</summary>
internal sealed class IoLog
{
    public List<IoEntry> Entries { get; } = [];

    /// <summary>Broken promises, to be thrown by the test: thrown here they would look like a broken device.</summary>
    public List<string> Complaints { get; } = [];

    /// <summary>Who has a region, so that an I/O outside of all of them is seen at once.</summary>
    public List<(SimulatedDevice Device, long Offset, long Length)> Regions { get; } = [];

    public void Issued(IoEntry entry)
    {
        Entries.Add(entry);
        if (entry.Kind == IoKind.Flush)
            return;
        if (!Regions.Exists(region => region.Device == entry.Device && region.Offset <= entry.Offset
                && entry.Offset + entry.Length <= region.Offset + region.Length))
            Complaints.Add($"outside of every job's regions: {entry}");
    }
}
