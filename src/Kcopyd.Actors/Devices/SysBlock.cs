using System.Globalization;
using Kcopyd.Actors.IO;

namespace Kcopyd.Actors.Devices;

/// <summary>What only sysfs tells about a block device. Where it is not mounted, as in some containers, nothing is known.</summary>
internal static class SysBlock
{
    /// <summary>True unless the kernel says that the device cannot discard.</summary>
    public static bool CanDiscard(in FileStatus status) =>
        // A partition has no queue; its disk, one level up, has.
        Folder(status) is not { } folder
        || (Number(folder, "queue/discard_max_bytes") ?? Number(Path.GetDirectoryName(folder)!, "queue/discard_max_bytes")) != 0;

    /// <summary>The disk that a partition is on, and the byte where it starts there; null if it is no partition.</summary>
    public static (DiskIdentity Disk, long Start)? PartitionOf(in FileStatus status)
    {
        if (Folder(status) is not { } folder || Number(folder, "partition") is null || Number(folder, "start") is not { } sector)
            return null;
        return Text(Path.GetDirectoryName(folder)!, "dev")?.Split(':') is [var major, var minor]
            ? (new DiskIdentity(uint.Parse(major, CultureInfo.InvariantCulture), uint.Parse(minor, CultureInfo.InvariantCulture)),
               sector * IoRegion.SectorSize)
            : null;
    }

    // Resolved, because ".." in a path would be taken from the name of the link and not from where it leads.
    private static string? Folder(in FileStatus status)
    {
        try
        {
            return Directory.ResolveLinkTarget($"/sys/dev/block/{status.SpecialMajor}:{status.SpecialMinor}", returnFinalTarget: true)?.FullName;
        }
        catch (IOException)
        {
            return null;
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
