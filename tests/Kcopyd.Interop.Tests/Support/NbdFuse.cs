using System.Diagnostics;
using System.Globalization;

namespace Kcopyd.Interop.Tests.Support;

/// <summary>A file that nbdkit, with its filters, serves and nbdfuse mounts: a device that misbehaves as it is told to.</summary>
internal sealed class NbdFuse : IAsyncDisposable
{
    private readonly RunningTool _nbdfuse;
    private readonly TempFolder _folder;
    private readonly string _mountPoint;

    private NbdFuse(RunningTool nbdfuse, TempFolder folder, string mountPoint)
    {
        _nbdfuse = nbdfuse;
        _folder = folder;
        _mountPoint = mountPoint;
    }

    /// <summary>The file that is served.</summary>
    public string Path => System.IO.Path.Combine(_mountPoint, "disk");

    /// <param name="nbdkit">nbdkit's filters, plugin and parameters.</param>
    public static Task<NbdFuse> ServeAsync(params IEnumerable<string> nbdkit)
    {
        Requires.Fuse();
        var folder = new TempFolder();
        // The server is a child of nbdfuse: it goes away with the mount, also when the test host dies.
        return MountAsync(folder, ["[", "nbdkit", "--exit-with-parent", "-P", folder["nbdkit.pid"], .. nbdkit, "]"]);
    }

    /// <summary>Mounts what a server that runs already serves.</summary>
    public static Task<NbdFuse> ConnectAsync(string uri)
    {
        Requires.Fuse();
        return MountAsync(new TempFolder(), uri);
    }

    private static async Task<NbdFuse> MountAsync(TempFolder folder, params string[] what)
    {
        var mountPoint = folder.EmptyFolder("mount");
        var ready = folder["nbdfuse.pid"];
        var nbdfuse = Tool.Start("nbdfuse", ["-P", ready, System.IO.Path.Combine(mountPoint, "disk"), .. what]);
        var device = new NbdFuse(nbdfuse, folder, mountPoint);
        try
        {
            await nbdfuse.UntilAsync(() => File.Exists(ready) && new FileInfo(ready).Length > 0, "ready to serve");
            return device;
        }
        catch
        {
            await device.DisposeAsync();
            throw;
        }
    }

    /// <summary>The server dies without a word, as a disk does that is pulled out.</summary>
    public void Vanish()
    {
        using var nbdkit = Process.GetProcessById(int.Parse(File.ReadAllText(_folder["nbdkit.pid"]), CultureInfo.InvariantCulture));
        nbdkit.Kill();
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            // nbdfuse ends by itself when its server is gone, and leaves the mount behind.
            if (IsMounted())
                await UnmountAsync();
            await _nbdfuse.WaitAsync(TimeSpan.FromSeconds(60));
        }
        finally
        {
            await _nbdfuse.DisposeAsync();
            if (IsMounted())
                await UnmountAsync();
            _folder.Dispose();
        }
    }

    // Lazily: a reader that a failed test left behind must not keep the mount.
    private Task<ToolResult> UnmountAsync() => Tool.RunAsync("fusermount3", "-u", "-z", _mountPoint);

    private bool IsMounted() => File.ReadLines("/proc/self/mounts").Any(line => line.Split(' ')[1] == _mountPoint);
}
