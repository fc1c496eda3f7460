namespace Kcopyd.Actors;

/// <summary>What a device can do beyond reading and writing.</summary>
[Flags]
public enum DeviceFeatures
{
    /// <summary>Reads and writes only.</summary>
    None = 0,
    /// <summary><see cref="IBlockDevice.WriteZeroesAsync"/> works without transferring the zeroes.</summary>
    WriteZeroes = 1,
    /// <summary><see cref="IBlockDevice.DiscardAsync"/> works.</summary>
    Discard = 2,
    /// <summary>Acknowledged writes can be lost until <see cref="IBlockDevice.FlushAsync"/> succeeds.</summary>
    VolatileCache = 4,
    /// <summary>A sink: it has no size and cannot be read back (a character device such as /dev/null).</summary>
    Sink = 8,
    /// <summary><see cref="IBlockDevice.MapAsync"/> can report runs that read as zeroes, so calling it is worthwhile.</summary>
    Map = 16,
    /// <summary>The device can take part in <see cref="IBlockDevice.CloneFromAsync"/>, as source or as destination.</summary>
    Clone = 32,
    /// <summary>A stream: its bytes are read or written once, in order, and their number is unknown until it ends. Its length is <see cref="long.MaxValue"/>.
    /// The engine keeps the order.</summary>
    Stream = 64,
}
