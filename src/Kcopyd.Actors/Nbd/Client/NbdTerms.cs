using System.Numerics;
using Kcopyd.Actors.Nbd.Protocol;

namespace Kcopyd.Actors.Nbd.Client;

/// <summary>The terms agreed with the server about an export, on one connection.</summary>
internal sealed record NbdTerms
{
    /// <summary>Bytes.</summary>
    public long Length { get; init; } = -1;

    public TransmissionFlags Flags { get; init; }

    /// <summary>Bytes; 1 accepts any size.</summary>
    public int MinimumBlockSize { get; init; } = 1;

    public int PreferredBlockSize { get; init; } = 4096;

    /// <summary>Maximum bytes of one payload.</summary>
    public int MaximumPayload { get; init; } = NbdNumbers.MaxPayload;

    public string? Description { get; init; }

    /// <summary>What the server advertises in violation of the protocol, for the log; null if there is nothing.</summary>
    public string? Complaint { get; init; }

    public bool IsStructured { get; init; }

    /// <summary>The ID of the context base:allocation; null if it was not agreed on.</summary>
    public uint? Allocation { get; init; }

    public bool Has(TransmissionFlags flag) => (Flags & flag) == flag;

    public NbdExportInfo ToInfo(string name) => new(
        name, Description, Length < 0 ? null : Length, Has(TransmissionFlags.ReadOnly),
        MinimumBlockSize, PreferredBlockSize, MaximumPayload, Has(TransmissionFlags.CanMultiConn));

    /// <summary>Returns true if another connection has the same terms. The ID of a context may differ between connections.</summary>
    public bool Agrees(NbdTerms other) => this with { Allocation = other.Allocation } == other && Allocation.HasValue == other.Allocation.HasValue;

    /// <summary>Returns why a server that was found again cannot continue with these terms; null if it can.</summary>
    /// <param name="now">The server's terms now.</param>
    /// <param name="isReadOnly">True if the device does not write.</param>
    public string? WhyNot(NbdTerms now, bool isReadOnly)
    {
        const TransmissionFlags Needed =
            TransmissionFlags.SendFlush | TransmissionFlags.SendFua | TransmissionFlags.SendTrim | TransmissionFlags.SendWriteZeroes;
        return now.Length != Length ? $"it had {Length} bytes and has {now.Length} now"
            : isReadOnly ? WhyNotBlocks(now)
            : now.Has(TransmissionFlags.ReadOnly) ? "it is read-only now"
            : (Flags & Needed & ~now.Flags) is not TransmissionFlags.None and var lost ? $"it no longer supports {lost}"
            : WhyNotBlocks(now);
    }

    private string? WhyNotBlocks(NbdTerms now) => now.MinimumBlockSize > Math.Max(MinimumBlockSize, 1) || now.MaximumPayload < MaximumPayload
        ? $"it took blocks of {MinimumBlockSize} to {MaximumPayload} bytes and takes {now.MinimumBlockSize} to {now.MaximumPayload} now"
        : null;

    /// <summary>Returns the features of the device.</summary>
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

    /// <summary>Applies the block sizes that a server advertises. If they violate the protocol, they are obeyed as far as possible: a server refuses smaller
    /// blocks than it accepts, and larger ones may end the connection.</summary>
    public NbdTerms WithBlockSizes(uint minimum, uint preferred, uint maximum)
    {
        var isMinimumSound = BitOperations.IsPow2(minimum) && minimum <= 64 << 10;
        var isPreferredSound = BitOperations.IsPow2(preferred) && preferred >= Math.Max(minimum, IoRegion.SectorSize);
        var isMaximumSound = isMinimumSound && maximum >= preferred && (maximum == uint.MaxValue || maximum % minimum == 0);
        var complaint = isMinimumSound && isPreferredSound && isMaximumSound ? null
            : $"it advertises blocks of at least {minimum}, preferably {preferred} and at most {maximum} bytes, which the protocol does not allow";
        if (!isMinimumSound)
            return this with { MinimumBlockSize = 1, PreferredBlockSize = 4096, MaximumPayload = NbdNumbers.MaxPayload, Complaint = complaint };
        var payload = (int)Math.Min(maximum, NbdNumbers.MaxPayload);
        payload = payload < minimum ? NbdNumbers.MaxPayload : payload - payload % (int)minimum;
        var best = Math.Min(isPreferredSound ? preferred : Math.Max(minimum, 4096), 1u << BitOperations.Log2((uint)payload));
        return this with { MinimumBlockSize = (int)minimum, PreferredBlockSize = (int)best, MaximumPayload = payload, Complaint = complaint };
    }

    /// <summary>Returns the bytes of the longest possible request.</summary>
    /// <param name="offset">Byte offset.</param>
    /// <param name="length">Bytes wanted.</param>
    /// <param name="max">Maximum bytes; if that is less, the request ends at the end of a preferred block, so that the next one begins at its start.</param>
    public long Cut(long offset, long length, long max)
    {
        if (length <= max)
            return length;
        var end = offset + max;
        var aligned = end - end % PreferredBlockSize;
        return aligned > offset ? aligned - offset : max;
    }
}
