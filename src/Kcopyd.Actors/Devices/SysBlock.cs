using System.Globalization;
using Kcopyd.Actors.IO;

namespace Kcopyd.Actors.Devices;

/// <summary>What only sysfs tells about a block device.</summary>
internal static class SysBlock
{
    /// <summary>True unless the kernel says that the device cannot discard.</summary>
    public static bool CanDiscard(in FileStatus status)
    {
        var device = $"/sys/dev/block/{status.SpecialMajor}:{status.SpecialMinor}";
        // A partition has no queue; its disk, one level up, has.
        return (Number($"{device}/queue/discard_max_bytes") ?? Number($"{device}/../queue/discard_max_bytes")) != 0;
    }

    private static long? Number(string path)
    {
        try
        {
            return long.Parse(File.ReadAllText(path), CultureInfo.InvariantCulture);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException)
        {
            return null;
        }
    }
}
