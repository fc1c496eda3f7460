using System.Globalization;
using System.Runtime.Versioning;
using Kcopyd.Actors.IO;

namespace Kcopyd.Actors.Files;

/// <summary>Properties of a block device that only sysfs provides. Where sysfs is not mounted, as in some containers, nothing is known.</summary>
[SupportedOSPlatform("linux")]
internal static class SysBlock
{
    /// <summary>True unless the kernel reports that the device cannot discard.</summary>
    public static bool CanDiscard(in FileStatus status) =>
        // A partition has no queue; its disk, one level up, has one.
        FolderOf(DiskIdentity.Of(status)) is not { } folder
        || (Number(folder, "queue/discard_max_bytes") ?? Number(Path.GetDirectoryName(folder)!, "queue/discard_max_bytes")) != 0;

    /// <summary>The disk of a partition, and the byte at which the partition starts; null if the device is not a partition.</summary>
    public static (DiskIdentity Disk, long Start)? PartitionOf(DiskIdentity disk) =>
        FolderOf(disk) is { } folder && Number(folder, "partition") is not null && Number(folder, "start") is { } sector
        && IdentityIn(Path.GetDirectoryName(folder)!) is { } whole
            ? (whole, sector * IoRegion.SectorSize)
            : null;

    /// <summary>The partitions of a disk.</summary>
    public static IEnumerable<DiskIdentity> PartitionsOf(DiskIdentity disk) =>
        FolderOf(disk) is not { } folder
            ? []
            : Folders(folder).Where(static part => File.Exists(Path.Combine(part, "partition"))).Select(IdentityIn).OfType<DiskIdentity>();

    /// <summary>The devices that a logical volume or a RAID is built on.</summary>
    public static IEnumerable<DiskIdentity> SlavesOf(DiskIdentity disk) => Linked(disk, "slaves");

    /// <summary>The devices that are built on this one.</summary>
    public static IEnumerable<DiskIdentity> HoldersOf(DiskIdentity disk) => Linked(disk, "holders");

    /// <summary>The path that a loop device was set up with; null if the device is not a loop device, or its file was deleted.</summary>
    public static string? BackingFileOf(DiskIdentity disk) =>
        FolderOf(disk) is { } folder && Text(folder, "loop/backing_file") is { } path && !path.EndsWith(" (deleted)", StringComparison.Ordinal) ? path : null;

    /// <summary>The loop devices that are set up over a file or block device.</summary>
    public static IEnumerable<(DiskIdentity Identity, string Node)> LoopsOver(object storage)
    {
        foreach (var folder in Folders("/sys/block"))
        {
            if (Text(folder, "loop/backing_file") is not { } path || LibC.Status(path, out var status) < 0 || !storage.Equals(StorageIdentity.Of(status)))
                continue;
            if (IdentityIn(folder) is { } loop && NodeOf(loop) is { } node)
                yield return (loop, node);
        }
    }

    /// <summary>The device's node; null if there is none, or it belongs to another device.</summary>
    public static string? NodeOf(DiskIdentity disk)
    {
        var name = FolderOf(disk) is { } folder
            ? Text(folder, "uevent")?.Split('\n').FirstOrDefault(static line => line.StartsWith("DEVNAME=", StringComparison.Ordinal))
            : null;
        var node = name is null ? null : "/dev/" + name["DEVNAME=".Length..];
        return node is not null && LibC.Status(node, out var status) == 0 && disk.Equals(StorageIdentity.Of(status)) ? node : null;
    }

    /// <summary>The name that users know: that of the logical volume, or of the node.</summary>
    public static string NameOf(DiskIdentity disk) =>
        FolderOf(disk) is { } folder && Text(folder, "dm/name") is { } mapped ? "/dev/mapper/" + mapped
        : NodeOf(disk) ?? $"block device {disk.Major}:{disk.Minor}";

    /// <summary>A name that the device keeps wherever it is attached: the UUID of a logical volume or RAID, or the identifier of the hardware. Null if there is
    /// none.</summary>
    public static string? StableNameOf(DiskIdentity disk)
    {
        if (FolderOf(disk) is not { } folder)
            return null;
        foreach (var (file, kind) in new[]
        {
            ("dm/uuid", "dm"), ("md/uuid", "md"), ("wwid", "disk"), ("device/wwid", "disk"),
            ("serial", "serial"), ("device/serial", "serial"), ("device/cid", "cid"),
        })
        {
            if (Text(folder, file) is { Length: > 0 } name)
                return $"{kind} {name}";
        }
        return null;
    }

    private static IEnumerable<DiskIdentity> Linked(DiskIdentity disk, string kind) =>
        FolderOf(disk) is not { } folder ? [] : Folders(Path.Combine(folder, kind)).Select(IdentityIn).OfType<DiskIdentity>();

    private static DiskIdentity? IdentityIn(string folder) => Text(folder, "dev")?.Split(':') is [var major, var minor]
        ? new DiskIdentity(uint.Parse(major, CultureInfo.InvariantCulture), uint.Parse(minor, CultureInfo.InvariantCulture))
        : null;

    // Resolved, because the parent folder must be that of the link's target, not that of the link.
    private static string? FolderOf(DiskIdentity disk)
    {
        try
        {
            return Directory.ResolveLinkTarget($"/sys/dev/block/{disk.Major}:{disk.Minor}", returnFinalTarget: true)?.FullName;
        }
        catch (IOException)
        {
            return null;
        }
    }

    private static string[] Folders(string folder)
    {
        try
        {
            return Directory.GetDirectories(folder);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    private static long? Number(string folder, string name) =>
        long.TryParse(Text(folder, name), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    private static string? Text(string folder, string name)
    {
        try
        {
            return File.ReadAllText(Path.Combine(folder, name)).TrimEnd();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
