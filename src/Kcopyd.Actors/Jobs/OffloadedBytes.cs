namespace Kcopyd.Actors;

/// <summary>
/// Bytes of a job that did not pass through the engine, summed over all destinations. They are part of the bytes written to those: a job of 1 MiB to two
/// destinations that were both cloned has 2 MiB here.
/// </summary>
/// <param name="Reflink">Bytes shared by <see cref="OffloadKinds.Reflink"/>.</param>
/// <param name="ServerCopy">Bytes copied by <see cref="OffloadKinds.ServerCopy"/>.</param>
/// <param name="KernelCopy">Bytes copied by <see cref="OffloadKinds.KernelCopy"/>.</param>
/// <param name="Holes">Bytes of holes in the source that were created or already present on a destination, by <see cref="OffloadKinds.Holes"/>.</param>
/// <param name="DetectedZeroes">Bytes that were read as zero and became holes, by <see cref="OffloadKinds.DetectZeroes"/>.</param>
/// <param name="WriteZeroes">Bytes zeroed by the devices, by <see cref="OffloadKinds.WriteZeroes"/>.</param>
/// <param name="SmallCopy">Bytes copied by <see cref="OffloadKinds.SmallCopy"/>.</param>
public readonly record struct OffloadedBytes(long Reflink, long ServerCopy, long KernelCopy, long Holes, long DetectedZeroes, long WriteZeroes, long SmallCopy)
{
    /// <summary>Bytes of one kind.</summary>
    /// <param name="kind">A single kind.</param>
    public long Of(OffloadKinds kind) => kind switch
    {
        OffloadKinds.Reflink => Reflink,
        OffloadKinds.ServerCopy => ServerCopy,
        OffloadKinds.KernelCopy => KernelCopy,
        OffloadKinds.Holes => Holes,
        OffloadKinds.DetectZeroes => DetectedZeroes,
        OffloadKinds.WriteZeroes => WriteZeroes,
        OffloadKinds.SmallCopy => SmallCopy,
        _ => 0,
    };

    /// <summary>The sum of both values.</summary>
    public OffloadedBytes Add(OffloadedBytes other) => new(Reflink + other.Reflink, ServerCopy + other.ServerCopy, KernelCopy + other.KernelCopy,
        Holes + other.Holes, DetectedZeroes + other.DetectedZeroes, WriteZeroes + other.WriteZeroes, SmallCopy + other.SmallCopy);

    internal OffloadedBytes Add(OffloadKinds kind, long bytes) => kind switch
    {
        OffloadKinds.Reflink => this with { Reflink = Reflink + bytes },
        OffloadKinds.ServerCopy => this with { ServerCopy = ServerCopy + bytes },
        OffloadKinds.KernelCopy => this with { KernelCopy = KernelCopy + bytes },
        OffloadKinds.Holes => this with { Holes = Holes + bytes },
        OffloadKinds.DetectZeroes => this with { DetectedZeroes = DetectedZeroes + bytes },
        OffloadKinds.WriteZeroes => this with { WriteZeroes = WriteZeroes + bytes },
        OffloadKinds.SmallCopy => this with { SmallCopy = SmallCopy + bytes },
        _ => this,
    };
}
