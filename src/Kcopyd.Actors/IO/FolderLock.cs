using System.Diagnostics;
using System.Runtime.Versioning;

namespace Kcopyd.Actors.IO;

/// <summary>
/// Serializes what processes do to the names in a folder: look at a name, then make, replace or remove it. A lock of the folder itself (<c>flock</c>), so that
/// no file is left behind and nothing stays locked when a process is killed. Held for moments only.
/// </summary>
[SupportedOSPlatform("linux")]
internal sealed class FolderLock : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(2);

    private readonly FileDescriptor? _folder;

    private FolderLock(FileDescriptor? folder) => _folder = folder;

    /// <summary>False where there is no such lock: the folder may not be read, or its file system has none. Nothing may be replaced then.</summary>
    public bool IsHeld => _folder is not null;

    /// <summary>Waits for the lock, which others hold for moments. Not on an actor's thread.</summary>
    /// <param name="folder">An existing folder.</param>
    /// <exception cref="IOException">Another program has kept the lock for five seconds.</exception>
    public static FolderLock Acquire(string folder)
    {
        var fd = LibC.Open(folder, LibC.O_RDONLY, out _);
        if (fd is null)
            return new FolderLock(null);
        var began = Stopwatch.GetTimestamp();
        long result;
        while ((result = LibC.Lock(fd, exclusive: true)) == -LibC.EAGAIN && Stopwatch.GetElapsedTime(began) < Patience)
            Thread.Sleep(Pause);        // flock(2) has no way to wait for so long and no longer
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
