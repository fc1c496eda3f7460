namespace Kcopyd.Actors.Clones;

/// <summary>Thrown when a clone cannot be opened, because its metadata cannot be used or created. The message names the device, the problem, and the remedy in
/// terms of this library. <see cref="Reason"/> identifies the problem for callers that react to it.</summary>
public sealed class CloneMetadataException : IOException
{
    /// <param name="reason">The problem.</param>
    /// <param name="device">The device's name, which begins the message.</param>
    /// <param name="what">The rest of the sentence, beginning with a space or colon.</param>
    /// <param name="remedy">What the caller of this library can do; empty if nothing helps.</param>
    internal CloneMetadataException(CloneMetadataError reason, string device, string what, string remedy = "") : base(device + what + remedy)
    {
        Reason = reason;
        Device = device;
    }

    /// <summary>The problem.</summary>
    public CloneMetadataError Reason { get; }

    /// <summary>The name of the metadata device.</summary>
    public string Device { get; }

    /// <summary>The byte of the device at which the failed or damaged block begins; null if the problem has no offset.</summary>
    public long? Offset { get; init; }

    /// <summary>The error of the failed I/O; <see cref="IoError.None"/> if none failed.</summary>
    public IoError Error { get; init; }

    /// <summary>The device's length in bytes, for <see cref="CloneMetadataError.TooSmall"/> and <see cref="CloneMetadataError.Truncated"/>.</summary>
    public long Length { get; init; }

    /// <summary>The minimum length in bytes that is needed; 0 if unknown.</summary>
    public long Needed { get; init; }
}

/// <summary>Why the metadata of a clone cannot be used.</summary>
public enum CloneMetadataError
{
    /// <summary>The device could not be read.</summary>
    ReadFailed,
    /// <summary>The device could not be written or flushed.</summary>
    WriteFailed,
    /// <summary>The device has no metadata: its first block is zero.</summary>
    NoMetadata,
    /// <summary>The device holds data that is not the metadata of a clone.</summary>
    OtherData,
    /// <summary>The metadata was created by a newer version of the software.</summary>
    UnknownVersion,
    /// <summary>A block has a wrong checksum, is at the wrong place, or contradicts another one.</summary>
    Damaged,
    /// <summary>The device ends before the metadata does.</summary>
    Truncated,
    /// <summary>The device has too few blocks to commit a change without overwriting what is committed.</summary>
    TooSmall,
    /// <summary>The metadata belongs to a clone of another size or region size.</summary>
    OtherClone,
    /// <summary>Direct I/O on the device requires an alignment that is larger than a metadata block.</summary>
    Misaligned,
}
