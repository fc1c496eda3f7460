using System.Text;
using Kcopyd.Actors.IO;

namespace Kcopyd.Actors.Snapshots;

/// <summary>What tells an origin from every other device. It is kept in each store of the origin, with the origin's length, and compared when the store is
/// opened: a store in the hands of another origin would show, and merge, a mixture of both.</summary>
public sealed record OriginIdentity
{
    /// <summary>An identity that the caller knows, for devices of its own.</summary>
    /// <param name="key">The same for this device whenever and wherever it is opened, and for no other one: at most 128 bytes of UTF-8. Null if there is
    /// nothing of the kind: then only the length is compared.</param>
    /// <param name="name">What people call it, for messages. Stores keep the last 312 bytes of it.</param>
    /// <exception cref="ArgumentException">The key is empty, too long, or contains a zero character.</exception>
    public OriginIdentity(string? key, string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (key is not null && (key.Length == 0 || key.Contains('\0', StringComparison.Ordinal) || Encoding.UTF8.GetByteCount(key) > SnapshotStoreLabel.LongestKey))
            throw new ArgumentException($"A key of {Encoding.UTF8.GetByteCount(key)} bytes: it must have 1 to {SnapshotStoreLabel.LongestKey} bytes of UTF-8 and no zero character; take a hash of what is longer.", nameof(key));
        Key = key;
        Name = name;
    }

    /// <summary>What no other device has; null if nothing is known that stays.</summary>
    public string? Key { get; }

    /// <summary>What people call it.</summary>
    public string Name { get; }

    /// <summary>
    /// The identity of a device, as far as it has one that stays: of a file its inode and the time when it was created, of a loop device that of its file, of a
    /// logical volume or RAID its UUID, of a disk its world-wide name or serial number, of a partition or range that of the whole and where it begins. A file
    /// that is moved to another file system, or restored from a backup, is another one.
    /// </summary>
    /// <param name="device">The device. Of one that is not a file, a block device or a range of these only the name is known.</param>
    public static OriginIdentity Of(IBlockDevice device)
    {
        ArgumentNullException.ThrowIfNull(device);
        var (offset, length) = (0L, device.Length);
        return RangeBlockDevice.Unwrap(device, ref offset, ref length) is FileBlockDevice file
            ? new OriginIdentity(file.StableKey(offset), UnixPath.ToText(Path.GetFullPath(file.Name)))
            : new OriginIdentity(null, device.Name);
    }
}
