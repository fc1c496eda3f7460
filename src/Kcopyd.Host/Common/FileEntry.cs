using Kcopyd.Actors.Files;
using Kcopyd.Actors.IO;

namespace Kcopyd.Host.Common;

/// <summary>The file that a path names, examined without opening it.</summary>
/// <param name="Kind">The kind of the file; <see cref="FileKind.Other"/> if it does not exist.</param>
/// <param name="Size">Size of a regular file, in bytes.</param>
/// <param name="Permissions">The permission bits.</param>
/// <param name="Identity">Equal for two paths that lead to the same file, including the same name of a file that does not exist yet.</param>
internal readonly record struct FileEntry(FileKind Kind, long Size, UnixFileMode Permissions, object? Identity)
{
    public bool Exists => Kind != FileKind.Other;

    /// <summary>Examines the file that a path leads to. Never blocks on the file and never fails: a file that cannot be examined does not exist.</summary>
    public static FileEntry Of(string path)
    {
        if (path.Length == 0)
            return default;
        if (LibC.Status(path, out var status) < 0)
            return new FileEntry(FileKind.Other, 0, 0, IdentityOfNew(path));
        return new FileEntry(status.Kind, status.Size, status.Permissions, status.Kind == FileKind.Block ? StorageIdentity.Of(status) : InodeOf(status));
    }

    /// <summary>The folder in which a file with that name would be created; follows symbolic links to files that do not exist yet.</summary>
    public static string FolderOf(string path) => Path.GetDirectoryName(Path.GetFullPath(TargetOf(path))) ?? "/";

    /// <summary>The target of symbolic links; it need not exist yet.</summary>
    public static string TargetOf(string path)
    {
        try
        {
            return File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? path;
        }
        catch (IOException)
        {
            return path;    // not a link, or a cycle of links, on which opening fails
        }
    }

    private static NewFile? IdentityOfNew(string path) =>
        LibC.Status(FolderOf(path), out var folder) < 0 ? null : new NewFile(InodeOf(folder), Path.GetFileName(TargetOf(path)));

    private static FileIdentity InodeOf(in FileStatus status) => new(status.DeviceMajor, status.DeviceMinor, status.Inode);

    /// <summary>A name in a folder that has no such file yet.</summary>
    private sealed record NewFile(FileIdentity Folder, string Name);
}
