using System.Globalization;
using System.Runtime.Versioning;
using System.Security.Cryptography;
using System.Text;
using Kcopyd.Actors.IO;

namespace Kcopyd.Actors.Files;

/// <summary>What a file or block device is known by after a restart, too, when device numbers and paths may be others.</summary>
[SupportedOSPlatform("linux")]
internal static class StableKey
{
    private const int Longest = 100;        // characters of a disk's own name

    /// <summary>The key of what is open, from a byte on; null if the kernel knows nothing that stays.</summary>
    /// <param name="fd">What is open.</param>
    /// <param name="start">Where its first byte lives.</param>
    /// <param name="offset">Bytes from its start.</param>
    public static string? Of(FileDescriptor fd, StorageLocation start, long offset)
    {
        if (LibC.Status(fd, out var status) < 0)
            return null;
        var whole = start.Storage switch
        {
            FileIdentity when status.Kind == FileKind.Regular => OfFile(status),
            FileIdentity behind => OfLoop(status, behind),
            DiskIdentity disk => SysBlock.StableNameOf(disk) is { } name ? Short(name) : null,
            _ => null,
        };
        var from = start.Offset + offset;
        return whole is null || from == 0 ? whole : string.Create(CultureInfo.InvariantCulture, $"{whole} from {from}");
    }

    // An inode number is used again when its file was deleted; with the time of its creation it is not.
    private static string OfFile(in FileStatus status) => status.KnowsBirth
        ? string.Create(CultureInfo.InvariantCulture, $"inode {status.Inode} born {status.BornSeconds}.{status.BornNanoseconds:d9}")
        : string.Create(CultureInfo.InvariantCulture, $"inode {status.Inode}");

    private static string? OfLoop(in FileStatus status, FileIdentity behind)
    {
        var device = DiskIdentity.Of(status);
        var loop = SysBlock.PartitionOf(device)?.Disk ?? device;
        return SysBlock.BackingFileOf(loop) is { } path && LibC.Status(path, out var file) == 0 && behind.Equals(StorageIdentity.Of(file)) ? OfFile(file) : null;
    }

    private static string Short(string name) => name.Length <= Longest ? name : "sha256 " + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(name)));
}
