namespace Kcopyd.Actors.Jobs;

/// <summary>Creates faults with a message for the user: what failed, on which device, where, and the cause.</summary>
internal static class IoFaults
{
    public static IoFault OfSource(IBlockDevice device, IoError error, long sector) =>
        new(error, sector, $"{NameOf(device)}: read failed at sector {sector}: {error.Describe()}");

    public static IoFault OfDestination(IBlockDevice device, IoError error, long sector, JobPhase phase)
    {
        var what = error switch
        {
            IoError.Cancelled => "incomplete",
            IoError.VerifyMismatch => "verification failed",
            _ => phase switch
            {
                JobPhase.Flush => "flush failed; everything written since the last good flush may be lost",
                JobPhase.Verify => "reading back failed",
                _ => "write failed",
            },
        };
        var place = sector < 0 ? "" : $" at sector {sector}";
        return new IoFault(error, sector, $"{NameOf(device)}: {what}{place}: {error.Describe()}");
    }

    /// <summary>The device's name. Runs on the client actor, which must survive an exception of a broken device.</summary>
    public static string NameOf(IBlockDevice device)
    {
        try
        {
            return device.Name;
        }
        catch (Exception exception)
        {
            return $"(a device whose name is not available: {exception.Message})";
        }
    }
}
