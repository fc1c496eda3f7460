namespace Kcopyd.Actors.TestKit.Disks;

/// <summary>What a discarded range reads as after a power cut, until it is written again.</summary>
public enum DiscardOutcome
{
    /// <summary>Each sector reads as before the discard, as zeroes, or as neither (the byte 0xDD), whether or not a flush followed: the contract of
    /// <see cref="IBlockDevice.DiscardAsync"/>.</summary>
    Undefined,
    /// <summary>Each sector reads as before the discard or as zeroes, whether or not a flush followed.</summary>
    OldOrZeroes,
    /// <summary>A discard is a write of zeroes, for disks that document it.</summary>
    Zeroes,
}
