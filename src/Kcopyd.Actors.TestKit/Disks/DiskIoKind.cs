namespace Kcopyd.Actors.TestKit.Disks;

/// <summary>What an I/O of a <see cref="WriteLog"/> does to its disk.</summary>
public enum DiskIoKind
{
    /// <summary>Writes data, which a power cut can lose until a flush succeeds.</summary>
    Write,
    /// <summary>A forced write (FUA): its data is on the medium when it completes. It says nothing about other writes.</summary>
    WriteThrough,
    /// <summary>Makes a range read as zeroes.</summary>
    WriteZeroes,
    /// <summary>Like <see cref="WriteZeroes"/>, and releases the space.</summary>
    Punch,
    /// <summary>Releases a range; <see cref="DiscardOutcome"/> says what it reads as after a power cut.</summary>
    Discard,
    /// <summary>Copies a range of another device without reading it into memory; the log keeps the bytes.</summary>
    Clone,
    /// <summary>Makes everything durable that completed before it was issued.</summary>
    Flush,
}
