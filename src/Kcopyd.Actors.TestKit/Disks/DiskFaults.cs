using System.Runtime.CompilerServices;
using Kcopyd.Actors.Faults;

namespace Kcopyd.Actors.TestKit.Disks;

/// <summary>
/// What is wrong with a <see cref="SimulatedDisk"/>. Immutable: assign another one to <see cref="SimulatedDisk.Faults"/> to change it during a run. A rate is a
/// probability from 0 to 1, and 0 by default.
/// </summary>
/// <remarks>
/// <para>An I/O that fails has transferred whole 512-byte sectors from its start, perhaps none. <b>Transfers</b> are all I/Os but flushes.</para>
/// <para>For a fault that does not depend on the disk, a layer of <see cref="FaultExtensions"/> on top of it does as well.</para>
/// </remarks>
public sealed partial record DiskFaults
{
    /// <summary>Nothing is wrong, and I/Os complete in any order.</summary>
    public static DiskFaults None { get; } = new();

    /// <summary>Ranges that cannot be read.</summary>
    public IReadOnlyList<ByteRange> BadReads { get; init; } = [];

    /// <summary>Ranges that cannot be written.</summary>
    public IReadOnlyList<ByteRange> BadWrites { get; init; } = [];

    /// <summary>The error of a read of a bad range. Default: <see cref="IoError.Io"/>.</summary>
    public IoError ReadError { get; init; } = IoError.Io;

    /// <summary>The error of a write to a bad range. Default: <see cref="IoError.Io"/>.</summary>
    public IoError WriteError { get; init; } = IoError.Io;

    /// <summary>The number of the transfer, from 1, that fails once with <see cref="IoError.Io"/>; 0 for none.</summary>
    public long FailsAt { get; init; }

    /// <summary>The number of the transfer, from 1, that throws an <see cref="IOException"/>; 0 for none.</summary>
    public long ThrowsAt { get; init; }

    /// <summary>True if a call that throws does so at once, and continues to use the memory for a while; false if the exception arrives when its task is
    /// awaited.</summary>
    public bool ThrowsAtOnce { get; init; }

    /// <summary>True if every clone throws.</summary>
    public bool CloneThrows { get; init; }

    /// <summary>How often a flush fails. Of the writes that it covers, some blocks reach the medium. The others can still be read, but no later flush saves
    /// them: a power cut loses them.</summary>
    public double FlushErrorRate { get; init; }

    /// <summary>How often a transfer is short without an error.</summary>
    public double ShortRate { get; init; }

    /// <summary>How often a transfer or a flush hangs until <see cref="SimulatedDisk.Release"/>.</summary>
    public double StallRate { get; init; }

    /// <summary>How often an I/O is complete when the call returns.</summary>
    public double AtOnceRate { get; init; }

    /// <summary>The least time that an I/O takes, other than one that completes at once.</summary>
    public TimeSpan MinLatency { get; init; }

    /// <summary>The longest time that it takes.</summary>
    public TimeSpan MaxLatency { get; init; }

    /// <summary>True if the disk says that it can write zeroes, and then answers <see cref="IoError.NotSupported"/>.</summary>
    public bool RefusesZeroes { get; init; }

    /// <summary>How often a clone is refused, by <see cref="IoError.NotSupported"/> or by doing nothing.</summary>
    public double CloneRefusalRate { get; init; }

    /// <summary>The number of the change (write, zeroes, clone), from 1, whose first byte is stored wrong; 0 for none.</summary>
    public long GarblesAt { get; init; }

    /// <summary>How often a write is acknowledged and not stored.</summary>
    public double LostWriteRate { get; init; }

    /// <summary>How often a write is acknowledged, and only its first sectors are stored, perhaps none.</summary>
    public double TornWriteRate { get; init; }

    /// <summary>How often a write is acknowledged, and stored elsewhere.</summary>
    public double MisdirectedWriteRate { get; init; }

    /// <summary>How often a bit flips somewhere on the disk: the probability per I/O.</summary>
    public double BitRotRate { get; init; }

    /// <summary>How often a block somewhere on the disk becomes unreadable until it is written: the probability per I/O.</summary>
    public double LatentErrorRate { get; init; }

    /// <summary>Only blocks that have been neither read nor written for this long become unreadable, so that a scrubber can prevent it. Default: zero, so any
    /// block may.</summary>
    public TimeSpan LatentErrorAge { get; init; }

    /// <summary>How often a block that a power cut loses is half written instead: its beginning is new, and its end is old.</summary>
    public double TornBlockRate { get; init; }

    /// <summary>True if transfers fail in <see cref="BadReads"/> and <see cref="BadWrites"/> only, so that the outcome of a job can be predicted.</summary>
    public bool IsPersistent => FailsAt == 0 && ThrowsAt == 0 && !CloneThrows && LatentErrorRate == 0 && !IsSilent;

    /// <summary>True if it may store something other than what was written, without an error.</summary>
    public bool IsSilent => GarblesAt > 0 || LostWriteRate > 0 || TornWriteRate > 0 || MisdirectedWriteRate > 0 || BitRotRate > 0;

    internal DiskFaults Check()
    {
        CheckRate(FlushErrorRate);
        CheckRate(ShortRate);
        CheckRate(StallRate);
        CheckRate(AtOnceRate);
        CheckRate(CloneRefusalRate);
        CheckRate(LostWriteRate);
        CheckRate(TornWriteRate);
        CheckRate(MisdirectedWriteRate);
        CheckRate(BitRotRate);
        CheckRate(LatentErrorRate);
        CheckRate(TornBlockRate);
        ArgumentOutOfRangeException.ThrowIfNegative(FailsAt);
        ArgumentOutOfRangeException.ThrowIfNegative(ThrowsAt);
        ArgumentOutOfRangeException.ThrowIfNegative(GarblesAt);
        ArgumentOutOfRangeException.ThrowIfLessThan(MinLatency, TimeSpan.Zero);
        if (MaxLatency < MinLatency)
            throw new ArgumentOutOfRangeException(nameof(MaxLatency), MaxLatency, $"The longest latency is below the least one, {MinLatency}. Set both.");
        ArgumentOutOfRangeException.ThrowIfLessThan(LatentErrorAge, TimeSpan.Zero);
        if (ReadError == IoError.None || WriteError == IoError.None)
            throw new ArgumentException($"{nameof(ReadError)} and {nameof(WriteError)} cannot be {IoError.None}. Leave the bad ranges empty for no errors.");
        return this;
    }

    private static void CheckRate(double rate, [CallerArgumentExpression(nameof(rate))] string name = "")
    {
        if (!(rate is >= 0 and <= 1))
            throw new ArgumentOutOfRangeException(name, rate, $"{name} is a probability: from 0 to 1.");
    }
}
