using System.Numerics;
using Kcopyd.Actors.Nbd.Protocol;

namespace Kcopyd.Actors.Nbd.Client;

/// <summary>What was agreed with the server about an export, on one connection.</summary>
internal sealed record NbdTerms
{
    /// <summary>Bytes.</summary>
    public long Length { get; init; } = -1;

    public TransmissionFlags Flags { get; init; }

    /// <summary>Bytes; 1 takes anything.</summary>
    public int MinimumBlockSize { get; init; } = 1;

    public int PreferredBlockSize { get; init; } = 4096;

    /// <summary>Bytes of one payload.</summary>
    public int MaximumPayload { get; init; } = NbdNumbers.LargestPayload;

    public string? Description { get; init; }

    /// <summary>What the server says of itself that the protocol does not allow, for the log; null if there is nothing.</summary>
    public string? Complaint { get; init; }

    public bool IsStructured { get; init; }

    /// <summary>The number of base:allocation; null if it was not agreed on.</summary>
    public uint? Allocation { get; init; }

    public bool Has(TransmissionFlags flag) => (Flags & flag) == flag;

    public NbdExportInfo ToInfo(string name) => new(
        name, Description, Length < 0 ? null : Length, Has(TransmissionFlags.ReadOnly), MinimumBlockSize, PreferredBlockSize, MaximumPayload, Has(TransmissionFlags.CanMultiConn));

    /// <summary>True if another connection has the same terms. The number of a context is each connection's own.</summary>
    public bool Agrees(NbdTerms other) => this with { Allocation = other.Allocation } == other && Allocation.HasValue == other.Allocation.HasValue;

    /// <summary>Why a server that was found again cannot go on for these terms; null if it can.</summary>
    /// <param name="now">Its terms now.</param>
    /// <param name="isReadOnly">True if nothing is written.</param>
    public string? WhyNot(NbdTerms now, bool isReadOnly)
    {
        const TransmissionFlags Needed = TransmissionFlags.SendFlush | TransmissionFlags.SendFua | TransmissionFlags.SendTrim | TransmissionFlags.SendWriteZeroes;
        return now.Length != Length ? $"it had {Length} bytes and has {now.Length} now"
            : isReadOnly ? WhyNotBlocks(now)
            : now.Has(TransmissionFlags.ReadOnly) ? "it is read-only now"
            : (Flags & Needed & ~now.Flags) is not TransmissionFlags.None and var lost ? $"it cannot do {lost} any more"
            : WhyNotBlocks(now);
    }

    private string? WhyNotBlocks(NbdTerms now) => now.MinimumBlockSize > Math.Max(MinimumBlockSize, 1) || now.MaximumPayload < MaximumPayload
        ? $"it took blocks of {MinimumBlockSize} to {MaximumPayload} bytes and takes {now.MinimumBlockSize} to {now.MaximumPayload} now"
        : null;

    /// <summary>The features of the device.</summary>
    public DeviceFeatures Features(bool isReadOnly)
    {
        var features = Allocation is null ? DeviceFeatures.None : DeviceFeatures.Map;
        if (isReadOnly)
            return features;
        return features
            | (Has(TransmissionFlags.SendWriteZeroes) ? DeviceFeatures.WriteZeroes : 0)
            | (Has(TransmissionFlags.SendTrim) ? DeviceFeatures.Discard : 0)
            | (Has(TransmissionFlags.SendFlush) ? DeviceFeatures.VolatileCache : 0);
    }

    /// <summary>With the block sizes that a server advertises. Where they break the protocol, as much of them as can be obeyed is: smaller blocks than a server
    /// takes are refused by it, and larger ones may end the connection.</summary>
    public NbdTerms WithBlockSizes(uint minimum, uint preferred, uint maximum)
    {
        var isMinimumSound = BitOperations.IsPow2(minimum) && minimum <= 64 << 10;
        var isPreferredSound = BitOperations.IsPow2(preferred) && preferred >= Math.Max(minimum, IoRegion.SectorSize);
        var isMaximumSound = isMinimumSound && maximum >= preferred && (maximum == uint.MaxValue || maximum % minimum == 0);
        var complaint = isMinimumSound && isPreferredSound && isMaximumSound ? null
            : $"it advertises blocks of at least {minimum}, preferably {preferred} and at most {maximum} bytes, which the protocol does not allow";
        if (!isMinimumSound)
            return this with { MinimumBlockSize = 1, PreferredBlockSize = 4096, MaximumPayload = NbdNumbers.LargestPayload, Complaint = complaint };
        var most = (int)Math.Min(maximum, NbdNumbers.LargestPayload);
        most = most < minimum ? NbdNumbers.LargestPayload : most - most % (int)minimum;
        var best = Math.Min(isPreferredSound ? preferred : Math.Max(minimum, 4096), 1u << BitOperations.Log2((uint)most));
        return this with { MinimumBlockSize = (int)minimum, PreferredBlockSize = (int)best, MaximumPayload = most, Complaint = complaint };
    }

    /// <summary>Bytes of a request that is as long as can be.</summary>
    /// <param name="offset">Where it begins.</param>
    /// <param name="length">Bytes that are wanted.</param>
    /// <param name="most">Bytes that it can have; if that is less, it ends where a preferred block does, so that the next one begins with one.</param>
    public long Cut(long offset, long length, long most)
    {
        if (length <= most)
            return length;
        var end = offset + most;
        var aligned = end - end % PreferredBlockSize;
        return aligned > offset ? aligned - offset : most;
    }
}
