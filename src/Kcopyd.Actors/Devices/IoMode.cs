namespace Kcopyd.Actors;

/// <summary>Whether I/O goes through the kernel's page cache.</summary>
public enum IoMode
{
    /// <summary>Through the page cache. Any offset, length and memory will do. The kernel reads whole pages: one bad sector makes
    /// the 4096 bytes around it unreadable, where a direct read loses the logical block alone.</summary>
    Buffered = 0,
    /// <summary>Past the page cache (O_DIRECT). I/O that is not aligned, such as the partial tail of a file, still goes through it.</summary>
    Direct = 1,
    /// <summary>Direct for block devices that can, buffered for everything else.</summary>
    Auto = 2,
}
