using System.Text;
using Kcopyd.Actors.IO;

namespace Kcopyd.Actors.Snapshots;

/// <summary>Distinguishes an origin from all other devices. Each store of the origin keeps it together with the origin's length, and both are compared when
/// the store is opened: a store opened with another origin would show, and merge, a mixture of both.</summary>
public sealed record OriginIdentity
{
    /// <summary>Creates an identity that the caller determines, for custom devices.</summary>
    /// <param name="key">Unique to this device, and the same whenever and wherever it is opened: at most 128 bytes of UTF-8. Null if there is no such key: then
    /// only the length is compared.</param>
    /// <param name="name">The device's name in messages. Stores keep the last 312 bytes of it.</param>
    /// <exception cref="ArgumentException">The key is empty, too long, or contains a zero character.</exception>
    public OriginIdentity(string? key, string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (key is not null
            && (key.Length == 0 || key.Contains('\0', StringComparison.Ordinal) || Encoding.UTF8.GetByteCount(key) > SnapshotStoreLabel.MaxKeySize))
        {
            throw new ArgumentException($"A key of {Encoding.UTF8.GetByteCount(key)} bytes: it must have 1 to {SnapshotStoreLabel.MaxKeySize} bytes of UTF-8 "
                + "and no zero character; use a hash of a longer key.", nameof(key));
        }
        Key = key;
        Name = name;
    }

    /// <summary>The key that no other device has; null if no stable one is known.</summary>
    public string? Key { get; }

    /// <summary>The device's name in messages.</summary>
    public string Name { get; }

    /// <summary>
    /// Returns the identity of a device, as far as it has a stable one: for a file its inode and creation time, for a loop device the identity of its file, for
    /// a logical volume or RAID its UUID, for a disk its world-wide name or serial number, for a partition or range the identity of the whole and the start
    /// offset. A file that is moved to another file system, or restored from a backup, gets another identity.
    /// </summary>
    /// <param name="device">The device. If it is not a file, a block device or a range of one of these, only its name is known.</param>
    public static OriginIdentity Of(IBlockDevice device)
    {
        ArgumentNullException.ThrowIfNull(device);
        var (offset, length) = (0L, device.Length);
        return RangeBlockDevice.Unwrap(device, ref offset, ref length) is FileBlockDevice file
            ? new OriginIdentity(file.StableKey(offset), UnixPath.ToText(Path.GetFullPath(file.Name)))
            : new OriginIdentity(null, device.Name);
    }
}
