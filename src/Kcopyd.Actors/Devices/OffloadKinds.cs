namespace Kcopyd.Actors;

/// <summary>
/// Methods of carrying out a job without moving its bytes through the engine. The setting <c>kcopyd.client.offload</c> selects those that a client may use,
/// by the names given here. If a device or file system refuses a method, the next one is tried, and finally reading and writing.
/// </summary>
[Flags]
public enum OffloadKinds
{
    /// <summary><c>none</c>: everything is read and written.</summary>
    None = 0,
    /// <summary><c>reflink</c>: source and destination share the blocks, copy-on-write (FICLONERANGE).</summary>
    Reflink = 1,
    /// <summary><c>server-copy</c>: the server of a remote file system copies; the bytes do not cross the network (copy_file_range).</summary>
    ServerCopy = 2,
    /// <summary><c>kernel-copy</c>: the kernel copies within one local file system (copy_file_range).</summary>
    KernelCopy = 4,
    /// <summary><c>holes</c>: holes of the source are detected and not read; at the destination they are punched, unless they already exist.</summary>
    Holes = 8,
    /// <summary><c>detect-zeroes</c>: zeroes that were read become holes, in runs of at least 16 KiB.</summary>
    DetectZeroes = 16,
    /// <summary><c>write-zeroes</c>: the device zeroes natively instead of zeroes being written.</summary>
    WriteZeroes = 32,
    /// <summary><c>small-copy</c>: a job of at most 8 KiB from one file in memory (tmpfs) to another is a single system call (copy_file_range). Larger jobs
    /// are faster through the engine.</summary>
    SmallCopy = 64,
    /// <summary>The default: all but <see cref="KernelCopy"/> and <see cref="DetectZeroes"/>.</summary>
    Default = Reflink | ServerCopy | Holes | WriteZeroes | SmallCopy,
    /// <summary>Everything.</summary>
    All = Default | KernelCopy | DetectZeroes,
}
