using Kcopyd.Actors.IO;

namespace Kcopyd.Actors;

/// <summary>A file or block device cannot be claimed, because somebody else uses it.</summary>
public sealed class StorageBusyException : IOException
{
    internal StorageBusyException(string path, IReadOnlyList<StorageUser> users)
        : base($"'{path}' is in use: {(users.Count == 0 ? "another program has it open exclusively" : string.Join("; ", users))}.")
    {
        Path = path;
        Users = users;
    }

    /// <summary>The path that was claimed.</summary>
    public string Path { get; }

    /// <summary>Who uses it, as far as the kernel tells this process; empty if it does not.</summary>
    public IReadOnlyList<StorageUser> Users { get; }
}

/// <summary>Somebody who uses a file or block device.</summary>
/// <param name="Kind">How.</param>
/// <param name="Name">The mount point, the device on top, or the program.</param>
/// <param name="Storage">What is used: the path that was claimed, or a device above or beneath it.</param>
/// <param name="ProcessId">The process; 0 if it is none, or not known.</param>
public sealed record StorageUser(StorageUserKind Kind, string Name, string Storage, int ProcessId = 0)
{
    /// <inheritdoc/>
    public override string ToString() => Kind switch
    {
        StorageUserKind.Mount => $"{Storage} is mounted on {ForeignText.Path(Name)}",
        StorageUserKind.Swap => $"{Storage} is swap space",
        StorageUserKind.Device => $"{Storage} is a part of {Name}",
        StorageUserKind.Lock => $"{Storage} is locked by {Program}",
        _ => $"{Storage} is open in {Program}",
    };

    private string Program => ProcessId == 0 ? Name : $"process {ProcessId} ({ForeignText.Printable(Name)})";
}

/// <summary>How a file or block device is used.</summary>
public enum StorageUserKind
{
    /// <summary>It holds a file system that is mounted.</summary>
    Mount,
    /// <summary>The kernel swaps to it.</summary>
    Swap,
    /// <summary>Another device is made of it: a logical volume, a RAID.</summary>
    Device,
    /// <summary>A process has an advisory lock on it, as every process has that uses <see cref="StorageLock"/>.</summary>
    Lock,
    /// <summary>A process has it open, perhaps exclusively.</summary>
    Open,
}
