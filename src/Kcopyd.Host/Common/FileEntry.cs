using Kcopyd.Actors.Files;
using Kcopyd.Actors.IO;

namespace Kcopyd.Host.Common;

/// <summary>What a path names, found out without opening it.</summary>
/// <param name="Kind">What it is; <see cref="FileKind.Other"/> if nothing is there.</param>
/// <param name="Size">Bytes of a regular file.</param>
/// <param name="Permissions">Who may do what.</param>
/// <param name="Identity">The same for two paths that lead to the same thing, also to the same name of a file that does not exist yet.</param>
internal readonly record struct FileEntry(FileKind Kind, long Size, UnixFileMode Permissions, object? Identity)
{
    public bool Exists => Kind != FileKind.Other;

    /// <summary>Looks at what a path leads to. Never blocks on what is there, and fails for nothing: what cannot be looked at does not exist.</summary>
    public static FileEntry Of(string path)
    {
        if (path.Length == 0)
            return default;
        if (LibC.Status(path, out var status) < 0)
            return new FileEntry(FileKind.Other, 0, 0, IdentityOfNew(path));
        return new FileEntry(status.Kind, status.Size, status.Permissions, status.Kind == FileKind.Block ? StorageIdentity.Of(status) : InodeOf(status));
    }

    /// <summary>The folder in which a file of that name would be created, through symbolic links that lead nowhere yet.</summary>
    public static string FolderOf(string path) => Path.GetDirectoryName(Path.GetFullPath(TargetOf(path))) ?? "/";

    /// <summary>Where symbolic links lead, also to a file that does not exist yet.</summary>
    public static string TargetOf(string path)
    {
        try
        {
            return File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? path;
        }
        catch (IOException)
        {
            return path;    // no link, or a circle of them, which opening it will refuse
        }
    }

    private static NewFile? IdentityOfNew(string path) =>
        LibC.Status(FolderOf(path), out var folder) < 0 ? null : new NewFile(InodeOf(folder), Path.GetFileName(TargetOf(path)));

    private static FileIdentity InodeOf(in FileStatus status) => new(status.DeviceMajor, status.DeviceMinor, status.Inode);

    /// <summary>A name in a folder, where nothing is yet.</summary>
    private sealed record NewFile(FileIdentity Folder, string Name);
}
