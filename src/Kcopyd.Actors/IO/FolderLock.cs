using System.Diagnostics;
using System.Runtime.Versioning;

namespace Kcopyd.Actors.IO;

/// <summary>
/// Serializes what processes do to the names in a folder: check a name, then create, replace or remove it. Locks the folder itself (<c>flock</c>), so that a
/// process that is killed leaves neither a file nor a lock behind. Held only briefly.
/// </summary>
[SupportedOSPlatform("linux")]
internal sealed class FolderLock : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(2);

    private readonly FileDescriptor? _folder;

    private FolderLock(FileDescriptor? folder) => _folder = folder;

    /// <summary>False if the folder is not readable, or its file system does not support locks. The caller must not replace anything then.</summary>
    public bool IsHeld => _folder is not null;

    /// <summary>Waits for the lock, which other processes hold only briefly. Do not call this on an actor's thread.</summary>
    /// <param name="folder">An existing folder.</param>
    /// <exception cref="IOException">Another program has held the lock for five seconds.</exception>
    public static FolderLock Acquire(string folder)
    {
        var fd = LibC.Open(folder, LibC.O_RDONLY, out _);
        if (fd is null)
            return new FolderLock(null);
        var began = Stopwatch.GetTimestamp();
        long result;
        while ((result = LibC.Lock(fd, exclusive: true)) == -LibC.EAGAIN && Stopwatch.GetElapsedTime(began) < Patience)
            Thread.Sleep(Pause);        // flock(2) has no timeout
        if (result == 0)
            return new FolderLock(fd);
        fd.Dispose();
        return result == -LibC.EAGAIN
            ? throw new IOException($"The folder {folder} has been locked by another program (flock) for {Patience.TotalSeconds:0} s; 'lslocks' shows which.")
            : new FolderLock(null);
    }

    public void Dispose()
    {
        if (_folder is null || _folder.IsClosed)
            return;
        LibC.Unlock(_folder);
        _folder.Dispose();
    }
}
