namespace Kcopyd.Actors;

/// <summary>
/// What a job did not carry through the engine: bytes, added up over all of its destinations. They are a part of the bytes written to
/// those, so a job of 1 MiB to two destinations that were both cloned has 2 MiB here.
/// </summary>
/// <param name="Reflink">Bytes shared by <see cref="OffloadKinds.Reflink"/>.</param>
/// <param name="ServerCopy">Bytes copied by <see cref="OffloadKinds.ServerCopy"/>.</param>
/// <param name="KernelCopy">Bytes copied by <see cref="OffloadKinds.KernelCopy"/>.</param>
/// <param name="Holes">Bytes of holes of the source that were made at a destination, or found there, by <see cref="OffloadKinds.Holes"/>.</param>
/// <param name="DetectedZeroes">Bytes that were read, were zero and became holes, by <see cref="OffloadKinds.DetectZeroes"/>.</param>
/// <param name="WriteZeroes">Bytes zeroed by the devices' own means, by <see cref="OffloadKinds.WriteZeroes"/>.</param>
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

    /// <summary>The sum of two jobs.</summary>
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
