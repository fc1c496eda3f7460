using Kcopyd.Actors.IO;

namespace Kcopyd.Actors;

/// <summary>A file or block device cannot be claimed, because it is in use.</summary>
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

    /// <summary>The users of the path, as far as the kernel reveals them to this process; otherwise empty.</summary>
    public IReadOnlyList<StorageUser> Users { get; }
}

/// <summary>A user of a file or block device.</summary>
/// <param name="Kind">How it is used.</param>
/// <param name="Name">The mount point, the device on top, or the program.</param>
/// <param name="Storage">What is used: the path that was claimed, or a device above or below it.</param>
/// <param name="ProcessId">The process; 0 if the user is not a process, or the process is unknown.</param>
public sealed record StorageUser(StorageUserKind Kind, string Name, string Storage, int ProcessId = 0)
{
    /// <inheritdoc/>
    public override string ToString() => Kind switch
    {
        StorageUserKind.Mount => $"{Storage} is mounted on {ForeignText.Path(Name)}",
        StorageUserKind.Swap => $"{Storage} is swap space",
        StorageUserKind.Device => $"{Storage} is part of {Name}",
        StorageUserKind.Lock => $"{Storage} is locked by {Program}",
        _ => $"{Storage} is open in {Program}",
    };

    private string Program => ProcessId == 0 ? Name : $"process {ProcessId} ({ForeignText.Printable(Name)})";
}

/// <summary>How a file or block device is used.</summary>
public enum StorageUserKind
{
    /// <summary>A file system on it is mounted.</summary>
    Mount,
    /// <summary>It is swap space in use.</summary>
    Swap,
    /// <summary>Another device is built on it, such as a logical volume or a RAID.</summary>
    Device,
    /// <summary>A process holds an advisory lock on it, as every process does that uses <see cref="StorageLock"/>.</summary>
    Lock,
    /// <summary>A process has it open, perhaps exclusively.</summary>
    Open,
}
