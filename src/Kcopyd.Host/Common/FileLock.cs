using Microsoft.Win32.SafeHandles;

namespace Kcopyd.Host.Common;

/// <summary>
/// An advisory lock on a file or block device, flock(2): many share one, or one has it for itself. It ends with the process, however that ends.
/// </summary>
/// <remarks>.NET takes it when a file is opened: exclusive for <see cref="FileShare.None"/>, shared otherwise, and never waits. A file system
/// that has no locks is none of its errors.</remarks>
internal static class FileLock
{
    /// <summary>EWOULDBLOCK: what .NET's exception says then.</summary>
    public const int WouldBlock = 11;

    /// <summary>Takes it.</summary>
    /// <exception cref="UsageException">Another process has it.</exception>
    public static SafeFileHandle Take(Target target, bool exclusive)
    {
        try
        {
            return File.OpenHandle(target.Path, FileMode.Open, exclusive ? FileAccess.ReadWrite : FileAccess.Read, exclusive ? FileShare.None : FileShare.Read);
        }
        catch (IOException busy) when (busy.HResult == WouldBlock)
        {
            throw new UsageException($"{target} is busy: another command {(exclusive ? "uses it" : "writes to it")}. Wait until that has ended, or see who it is: fuser -v '{target.Path}'.");
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"{target} cannot be locked: {refused.Message}");
        }
    }
}
