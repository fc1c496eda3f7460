namespace Kcopyd.Actors;

/// <summary>Whether I/O goes through the kernel's page cache.</summary>
public enum IoMode
{
    /// <summary>Through the page cache. Any offset, length and memory are accepted. The kernel reads whole pages: one bad sector makes the 4096 bytes around
    /// it unreadable, whereas a direct read loses only the logical block.</summary>
    Buffered = 0,
    /// <summary>Bypasses the page cache (O_DIRECT). Unaligned I/O, such as the partial tail of a file, still goes through it.</summary>
    Direct = 1,
    /// <summary>Direct for block devices that support it, buffered for everything else.</summary>
    Auto = 2,
}
