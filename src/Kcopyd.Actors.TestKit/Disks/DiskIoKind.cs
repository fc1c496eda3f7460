namespace Kcopyd.Actors.TestKit.Disks;

/// <summary>What an I/O does to its disk: a <see cref="SimulatedIo"/>, or, unless it changes nothing, one of a <see cref="WriteLog"/>.</summary>
public enum DiskIoKind
{
    /// <summary><see cref="IBlockDevice.ReadAsync"/>.</summary>
    Read,
    /// <summary>Asks which ranges read as zeroes: <see cref="IBlockDevice.MapAsync"/>.</summary>
    Map,
    /// <summary>Writes data, which a power cut can lose until a flush succeeds: <see cref="IBlockDevice.WriteAsync"/>.</summary>
    Write,
    /// <summary>A forced write (FUA): its data is on the medium when it completes. It says nothing about other writes. Simulated disks have none.</summary>
    WriteThrough,
    /// <summary>Makes a range read as zeroes: <see cref="IBlockDevice.WriteZeroesAsync"/>, and <see cref="IBlockDevice.PunchAsync"/> of simulated
    /// disks.</summary>
    WriteZeroes,
    /// <summary>Like <see cref="WriteZeroes"/>, and releases the space: <see cref="IBlockDevice.PunchAsync"/>.</summary>
    Punch,
    /// <summary>Releases a range: <see cref="IBlockDevice.DiscardAsync"/>. <see cref="DiscardOutcome"/> says what it reads as after a power cut.</summary>
    Discard,
    /// <summary>Copies a range of another device without reading it into memory: <see cref="IBlockDevice.CloneFromAsync"/>. A log keeps the bytes.</summary>
    Clone,
    /// <summary>Makes everything durable that completed before it was issued: <see cref="IBlockDevice.FlushAsync"/>.</summary>
    Flush,
}
