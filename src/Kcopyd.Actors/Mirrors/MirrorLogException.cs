namespace Kcopyd.Actors.Mirrors;

/// <summary>Thrown when a mirror cannot be opened, because its log or its legs do not fit. The message names the device, the problem and the remedy. For
/// callers that react to the problem or write their own messages, <see cref="Reason"/> identifies it.</summary>
public sealed class MirrorLogException : IOException
{
    /// <param name="reason">The problem.</param>
    /// <param name="device">The device's name, which begins the message.</param>
    /// <param name="what">The rest of the sentence, beginning with a space or colon.</param>
    /// <param name="remedy">What the caller can do.</param>
    internal MirrorLogException(MirrorLogError reason, string device, string what, string remedy = ".") : base(device + what + remedy)
    {
        Reason = reason;
        Device = device;
    }

    /// <summary>The problem.</summary>
    public MirrorLogError Reason { get; }

    /// <summary>The name of the device at fault: the log's or a leg's.</summary>
    public string Device { get; }

    /// <summary>The error of the failed I/O; <see cref="IoError.None"/> if none failed.</summary>
    public IoError Error { get; init; }

    /// <summary>The leg at fault, counted from 0; -1 for the log.</summary>
    public int Leg { get; init; } = -1;

    /// <summary>The minimum length in bytes that is needed; 0 if unknown.</summary>
    public long Needed { get; init; }
}

/// <summary>Why a mirror cannot be opened.</summary>
public enum MirrorLogError
{
    /// <summary>The log could not be read.</summary>
    ReadFailed,
    /// <summary>The log could not be written or flushed.</summary>
    WriteFailed,
    /// <summary>The device holds no log: it begins with zeroes.</summary>
    NoLog,
    /// <summary>The device holds data that is not a log.</summary>
    OtherData,
    /// <summary>A log was to be created, but the device already holds one.</summary>
    HoldsLog,
    /// <summary>The log, or its label, was created by newer software.</summary>
    UnknownVersion,
    /// <summary>The label has a wrong checksum.</summary>
    DamagedLabel,
    /// <summary>The log was made for another length, region size or number of legs.</summary>
    OtherMirror,
    /// <summary>The device is too small for the log.</summary>
    TooSmall,
    /// <summary>A leg is another device than the one in the log.</summary>
    OtherLeg,
    /// <summary>No leg that is present has all acknowledged writes.</summary>
    NoSource,
}
