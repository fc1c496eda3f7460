namespace Kcopyd.Actors;

/// <summary>
/// Ways to get a job done without carrying its bytes through the engine. Which of them a client may use is its setting
/// <c>kcopyd.client.offload</c>, where each has the name that stands here. A way that a device or file system refuses is left for the next
/// one, and at last for reading and writing.
/// </summary>
[Flags]
public enum OffloadKinds
{
    /// <summary><c>none</c>: everything is read and written.</summary>
    None = 0,
    /// <summary><c>reflink</c>: source and destination share the blocks until one of them is written (FICLONERANGE).</summary>
    Reflink = 1,
    /// <summary><c>server-copy</c>: the server of a remote file system copies; the bytes do not cross the network (copy_file_range).</summary>
    ServerCopy = 2,
    /// <summary><c>kernel-copy</c>: the kernel copies within one local file system (copy_file_range).</summary>
    KernelCopy = 4,
    /// <summary><c>holes</c>: holes of the source are found and not read; at the destination they are made, or found there already.</summary>
    Holes = 8,
    /// <summary><c>detect-zeroes</c>: what was read and is zero becomes holes, in runs of at least 16 KiB.</summary>
    DetectZeroes = 16,
    /// <summary><c>write-zeroes</c>: zeroing by the device's own means instead of by writing zeroes.</summary>
    WriteZeroes = 32,
    /// <summary><c>small-copy</c>: a job of at most 8 KiB from one file in memory (tmpfs) to one other is one call of the kernel
    /// (copy_file_range). Larger ones are faster through the engine.</summary>
    SmallCopy = 64,
    /// <summary>What is used if nothing else is set: all but <see cref="KernelCopy"/> and <see cref="DetectZeroes"/>.</summary>
    Default = Reflink | ServerCopy | Holes | WriteZeroes | SmallCopy,
    /// <summary>Everything.</summary>
    All = Default | KernelCopy | DetectZeroes,
}
