namespace Kcopyd.Actors.Faults;

/// <summary>The operations that a fault layer intercepts.</summary>
[Flags]
public enum IoOperations
{
    /// <summary>None: every operation passes through.</summary>
    None = 0,
    /// <summary><see cref="IBlockDevice.ReadAsync"/>.</summary>
    Read = 1,
    /// <summary><see cref="IBlockDevice.WriteAsync"/>.</summary>
    Write = 2,
    /// <summary><see cref="IBlockDevice.WriteZeroesAsync"/>.</summary>
    WriteZeroes = 4,
    /// <summary><see cref="IBlockDevice.DiscardAsync"/>.</summary>
    Discard = 8,
    /// <summary><see cref="IBlockDevice.FlushAsync"/>.</summary>
    Flush = 16,
    /// <summary>Everything that transfers or destroys data: all but flushes.</summary>
    Transfers = Read | Write | WriteZeroes | Discard,
    /// <summary>Everything that changes data: <see cref="Write"/>, <see cref="WriteZeroes"/> and <see cref="Discard"/>.</summary>
    Changes = Write | WriteZeroes | Discard,
    /// <summary>Every operation.</summary>
    All = Transfers | Flush,
}
