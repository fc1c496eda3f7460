using Kcopyd.Actors.IO;

namespace Kcopyd.Host.Common;

/// <summary>Checks where the command may create files.</summary>
internal static class NewFiles
{
    /// <summary>Rejects files that cannot be created, and files in <c>/dev</c>: a misspelled device would become a file in memory that looks like a disk
    /// from then on.</summary>
    /// <exception cref="UsageException">The file must not be created.</exception>
    public static void CheckMayCreate(string what, string path)
    {
        var folder = FileEntry.FolderOf(path);
        if (FileEntry.Of(folder).Kind != FileKind.Directory)
            throw new UsageException($"{what} cannot be created: there is no directory '{folder}'.");
        if (IsAmongDevices(folder))
            throw new UsageException($"{what} does not exist, and no file is created among the devices in /dev. Check the name of the device.");
    }

    // Shared memory is for files. It is a separate file system, or in some containers a folder.
    private static bool IsAmongDevices(string folder) =>
        LibC.Status("/dev", out var devices) == 0 && LibC.Status(folder, out var here) == 0
        && (here.DeviceMajor, here.DeviceMinor) == (devices.DeviceMajor, devices.DeviceMinor)
        && (folder + "/").StartsWith("/dev/", StringComparison.Ordinal) && !(folder + "/").StartsWith("/dev/shm/", StringComparison.Ordinal);
}
