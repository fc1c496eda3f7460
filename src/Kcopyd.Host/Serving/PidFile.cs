using System.Globalization;
using Kcopyd.Actors.IO;

namespace Kcopyd.Host.Serving;

/// <summary>The file that holds the ID of this process while clients can connect.</summary>
/// <remarks>Invariants: the file appears with its complete content; it replaces nothing but a pid file whose process has ended; only the process that it
/// names removes it.</remarks>
internal sealed class PidFile : IDisposable
{
    private const int MaxContentLength = 32;    // bytes

    private readonly string _path;
    private readonly FileDescriptor? _open;     // while it is open, no other file gets its inode
    private readonly FileStatus _own;

    private PidFile(string path)
    {
        _path = path;
        _open = LibC.Open(path, LibC.O_RDONLY, out _);
        LibC.LinkStatus(path, out _own);
    }

    /// <summary>Refuses early a path that could not be written later.</summary>
    /// <exception cref="UsageException">The path is taken by something else, or its folder does not exist.</exception>
    public static void Check(string path)
    {
        if (path.Length == 0)
            throw new UsageException("--pid-file is empty: give a path.");
        if (!Directory.Exists(Folder(path)))
            throw new UsageException($"--pid-file '{path}': its folder does not exist; create it first.");
        if (LibC.LinkStatus(path, out var status) < 0)
            return;
        if (status.Kind != FileKind.Regular || status.Size > MaxContentLength)
            throw NoPidFile(path);
        var content = Read(path).Trim();
        if (content.Length == 0)
            return;         // replacing an empty file loses nothing
        if (!int.TryParse(content, NumberStyles.None, CultureInfo.InvariantCulture, out var process) || process == 0)
            throw NoPidFile(path);
        if (process != Environment.ProcessId && Directory.Exists($"/proc/{content}"))
        {
            throw new UsageException($"--pid-file '{path}' names process {content}, which is running. "
                + "Stop it, remove the file if it does not belong to that process, or give another path.");
        }
    }

    /// <summary>Writes the file.</summary>
    /// <exception cref="UsageException">The file cannot be written; see <see cref="Check"/>.</exception>
    public static PidFile Write(string path)
    {
        var temporary = $"{path}.{Path.GetRandomFileName()}";
        try
        {
            using var held = FolderLock.Acquire(Folder(path));      // two commands that start at the same time check one after the other
            Check(path);
            File.WriteAllText(temporary, $"{Environment.ProcessId}\n");
            File.Move(temporary, path, overwrite: true);
            return new PidFile(path);
        }
        catch (Exception wrong) when (wrong is IOException or UnauthorizedAccessException)
        {
            File.Delete(temporary);
            throw new UsageException($"--pid-file '{path}' cannot be written: {wrong.Message}");
        }
    }

    public void Dispose()
    {
        if (LibC.LinkStatus(_path, out var now) == 0 && (now.Inode, now.DeviceMajor, now.DeviceMinor) == (_own.Inode, _own.DeviceMajor, _own.DeviceMinor))
            LibC.Unlink(_path);
        _open?.Dispose();
    }

    private static string Read(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception wrong) when (wrong is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"--pid-file '{path}' exists and cannot be read: {wrong.Message}");
        }
    }

    private static string Folder(string path) => Path.GetDirectoryName(Path.GetFullPath(path)) ?? "/";

    private static UsageException NoPidFile(string path) => new($"--pid-file '{path}' exists and is not a pid file. Give another path, or remove it.");
}
