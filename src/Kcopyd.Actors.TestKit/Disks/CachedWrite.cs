namespace Kcopyd.Actors.TestKit.Disks;

internal enum CachedState
{
    /// <summary>Not completed: it may reach the medium at any time, or not.</summary>
    InFlight,
    /// <summary>Completed, in the cache: a write-back of its sector takes it along.</summary>
    Held,
    /// <summary>Failed, lost by a failed flush, or a discard: it may be on the medium or not, now and later.</summary>
    Free,
    /// <summary>On the medium.</summary>
    Certain,
}

/// <summary>A write that a power cut may lose, while a log is replayed.</summary>
internal sealed class CachedWrite(LoggedIo io, long reach)
{
    private const byte Garbage = 0xDD;

    public LoggedIo Io => io;

    public long Start => io.Offset;

    /// <summary>The end of what it changes: before the end of the request if the transfer was short.</summary>
    public long End { get; } = io.Offset + reach;

    public CachedState State { get; set; } = CachedState.InFlight;

    /// <summary>True if it may be missing although a later write to the same sector is there.</summary>
    public bool IsOptional => State is CachedState.InFlight or CachedState.Free;

    /// <summary>The sectors in which it can still be lost or found.</summary>
    public int Uses { get; set; }

    public bool Covers(UncertainSector sector) => Start <= sector.Start && End >= sector.End;

    /// <summary>Copies its part of a sector.</summary>
    public void CopyTo(UncertainSector sector, Span<byte> bytes, bool asGarbage)
    {
        var from = Math.Max(Start, sector.Start);
        var into = bytes[(int)(from - sector.Start)..(int)(Math.Min(End, sector.End) - sector.Start)];
        if (io.Data.IsEmpty)
            into.Fill(asGarbage ? Garbage : (byte)0);
        else
            io.Data.Span.Slice((int)(from - Start), into.Length).CopyTo(into);
    }
}

/// <summary>A write that is visible in a sector after a power cut. A discard may be visible as garbage.</summary>
internal readonly record struct Layer(CachedWrite Write, bool IsGarbage);
