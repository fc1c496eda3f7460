namespace Kcopyd.Actors.TestKit.Disks;

/// <summary>What a <see cref="SimulatedIo"/> does.</summary>
public enum SimulatedIoKind
{
    /// <summary><see cref="IBlockDevice.ReadAsync"/>.</summary>
    Read,
    /// <summary><see cref="IBlockDevice.WriteAsync"/>.</summary>
    Write,
    /// <summary><see cref="IBlockDevice.WriteZeroesAsync"/> and <see cref="IBlockDevice.PunchAsync"/>.</summary>
    WriteZeroes,
    /// <summary><see cref="IBlockDevice.DiscardAsync"/>.</summary>
    Discard,
    /// <summary><see cref="IBlockDevice.CloneFromAsync"/>.</summary>
    Clone,
    /// <summary><see cref="IBlockDevice.MapAsync"/>.</summary>
    Map,
    /// <summary><see cref="IBlockDevice.FlushAsync"/>.</summary>
    Flush,
}
