using System.Globalization;
using System.Runtime.Versioning;
using System.Text.RegularExpressions;
using Kcopyd.Actors.IO;

namespace Kcopyd.Actors.Files;

/// <summary>Finds the users of a file or block device, for messages: from /proc and sysfs, as far as this process may read them.</summary>
[SupportedOSPlatform("linux")]
internal static class StorageUsers
{
    private const int MaxProcesses = 5;
    private const int MaxNesting = 8;

    /// <summary>The users of a block device, or of its parts: mounts, swap space, devices built on it; if there are none, the processes that have it
    /// open.</summary>
    public static IReadOnlyList<StorageUser> OfDevice(string path)
    {
        if (LibC.Status(path, out var status) < 0 || status.Kind != FileKind.Block)
            return [];
        var users = new List<StorageUser>();
        AddUsers(DiskIdentity.Of(status), path, users, MaxNesting);
        return users.Count > 0 ? users.Distinct().ToList() : OpenIn(path);
    }

    /// <summary>The processes that hold the advisory lock.</summary>
    public static IReadOnlyList<StorageUser> WithLock(StorageLayer layer)
    {
        if (layer.Identity is not FileIdentity && layer.Identity is not DiskIdentity || LibC.Status(layer.Path, out var status) < 0)
            return [];
        // "1: FLOCK  ADVISORY  WRITE 1234 fe:00:5678 0 EOF": a device node is listed under the file system that contains the node.
        var file = string.Create(CultureInfo.InvariantCulture, $"{status.DeviceMajor:x2}:{status.DeviceMinor:x2}:{status.Inode}");
        var holders = Lines("/proc/locks")
            .Select(static line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Where(fields => fields.Length > 5 && fields[1] == "FLOCK" && fields[5] == file)
            .Select(static fields => int.TryParse(fields[4], NumberStyles.None, CultureInfo.InvariantCulture, out var pid) ? pid : 0)
            .Distinct()
            .Take(MaxProcesses)
            .Select(pid => new StorageUser(StorageUserKind.Lock, NameOf(pid), layer.Path, pid))
            .ToList();
        return holders.Count > 0 ? holders : [new StorageUser(StorageUserKind.Lock, "another process", layer.Path)];
    }

    private static void AddUsers(DiskIdentity disk, string path, List<StorageUser> users, int nesting)
    {
        if (nesting == 0)
            return;
        users.AddRange(MountPoints(disk).Select(point => new StorageUser(StorageUserKind.Mount, point, path)));
        if (Lines("/proc/swaps").Any(line =>
            line.Split(' ')[0] is var swap && LibC.Status(Unescape(swap), out var status) == 0 && disk.Equals(StorageIdentity.Of(status))))
        {
            users.Add(new StorageUser(StorageUserKind.Swap, "", path));
        }
        users.AddRange(SysBlock.HoldersOf(disk).Select(holder => new StorageUser(StorageUserKind.Device, SysBlock.NameOf(holder), path)));
        foreach (var part in SysBlock.PartitionsOf(disk).Concat(SysBlock.LoopsOver(disk).Select(static loop => loop.Identity)))
            AddUsers(part, SysBlock.NameOf(part), users, nesting - 1);
    }

    // "36 35 98:0 /root /mnt rw - ext4 /dev/sdb rw". Btrfs has its own device number: for it, the mount source identifies the device.
    private static IEnumerable<string> MountPoints(DiskIdentity disk)
    {
        var number = string.Create(CultureInfo.InvariantCulture, $"{disk.Major}:{disk.Minor}");
        foreach (var line in Lines("/proc/self/mountinfo"))
        {
            var fields = line.Split(' ');
            var separator = Array.IndexOf(fields, "-");
            if (fields.Length > 5 && (fields[2] == number || (separator > 0 && fields.Length > separator + 2 && IsDisk(Unescape(fields[separator + 2]), disk))))
                yield return Unescape(fields[4]);
        }
    }

    private static bool IsDisk(string source, DiskIdentity disk) =>
        source.StartsWith('/') && LibC.Status(source, out var status) == 0 && disk.Equals(StorageIdentity.Of(status));

    private static List<StorageUser> OpenIn(string path)
    {
        var users = new List<StorageUser>();
        foreach (var process in Names("/proc").Where(static name => int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out _)))
        {
            var pid = int.Parse(process, CultureInfo.InvariantCulture);
            if (pid == Environment.ProcessId || !Names($"/proc/{process}/fd").Any(fd => Target($"/proc/{process}/fd/{fd}") == path))
                continue;
            users.Add(new StorageUser(StorageUserKind.Open, NameOf(pid), path, pid));
            if (users.Count == MaxProcesses)
                break;
        }
        return users;
    }

    private static string NameOf(int pid) => pid == 0 ? "another process" : Lines($"/proc/{pid}/comm").FirstOrDefault("another process");

    // These files escape space, tab, newline and backslash in octal.
    private static string Unescape(string text) =>
        Regex.Replace(text, @"\\([0-7]{3})", static match => ((char)Convert.ToInt32(match.Groups[1].Value, 8)).ToString());

    private static string? Target(string link) => Read<string?>(() => File.ResolveLinkTarget(link, returnFinalTarget: false)?.FullName, null);

    private static string[] Lines(string file) => Read(() => File.ReadAllLines(file), []);

    private static string[] Names(string folder) =>
        Read(() => Directory.GetFileSystemEntries(folder).Select(static path => Path.GetFileName(path)).ToArray(), []);

    // An entry that disappears while it is read, or that this process may not read, counts as absent.
    private static T Read<T>(Func<T> read, T otherwise)
    {
        try
        {
            return read();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return otherwise;
        }
    }
}
