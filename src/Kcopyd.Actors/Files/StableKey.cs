using System.Globalization;
using System.Runtime.Versioning;
using System.Security.Cryptography;
using System.Text;
using Kcopyd.Actors.IO;

namespace Kcopyd.Actors.Files;

/// <summary>The key of a file or block device, which survives a restart, when device numbers and paths may change.</summary>
[SupportedOSPlatform("linux")]
internal static class StableKey
{
    private const int MaxLength = 100;      // characters of a disk's name

    /// <summary>The key of an open file or device, from a byte on; null if the kernel has no stable identity for it.</summary>
    /// <param name="fd">The open file or device.</param>
    /// <param name="start">The location of its first byte.</param>
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

    // An inode number is reused after its file is deleted; together with the creation time it is unique.
    private static string OfFile(in FileStatus status) => status.KnowsBirth
        ? string.Create(CultureInfo.InvariantCulture, $"inode {status.Inode} born {status.BornSeconds}.{status.BornNanoseconds:d9}")
        : string.Create(CultureInfo.InvariantCulture, $"inode {status.Inode}");

    private static string? OfLoop(in FileStatus status, FileIdentity behind)
    {
        var device = DiskIdentity.Of(status);
        var loop = SysBlock.PartitionOf(device)?.Disk ?? device;
        return SysBlock.BackingFileOf(loop) is { } path && LibC.Status(path, out var file) == 0 && behind.Equals(StorageIdentity.Of(file))
            ? OfFile(file)
            : null;
    }

    private static string Short(string name) =>
        name.Length <= MaxLength ? name : "sha256 " + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(name)));
}
