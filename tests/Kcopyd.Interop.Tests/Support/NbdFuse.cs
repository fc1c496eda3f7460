using System.Diagnostics;
using System.Globalization;

namespace Kcopyd.Interop.Tests.Support;

/// <summary>A file that nbdkit serves with its filters and nbdfuse mounts: a device with configurable faults.</summary>
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

    /// <summary>The path of the mounted file.</summary>
    public string Path => System.IO.Path.Combine(_mountPoint, "disk");

    /// <param name="nbdkit">nbdkit's filters, plugin and parameters.</param>
    public static Task<NbdFuse> ServeAsync(params IEnumerable<string> nbdkit)
    {
        Requires.Fuse();
        var folder = new TempFolder();
        // The server is a child of nbdfuse, so that it ends with the mount, even if the test host dies.
        return MountAsync(folder, ["[", "nbdkit", "--exit-with-parent", "-P", folder["nbdkit.pid"], .. nbdkit, "]"]);
    }

    /// <summary>Mounts an export of a server that is already running.</summary>
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

    /// <summary>Kills the server, like a disk that is pulled out.</summary>
    public void Vanish()
    {
        using var nbdkit = Process.GetProcessById(int.Parse(File.ReadAllText(_folder["nbdkit.pid"]), CultureInfo.InvariantCulture));
        nbdkit.Kill();
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            // nbdfuse ends when its server is gone, and leaves the mount behind.
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

    // A lazy unmount, because a reader left by a failed test must not keep the mount.
    private Task<ToolResult> UnmountAsync() => Tool.RunAsync("fusermount3", "-u", "-z", _mountPoint);

    private bool IsMounted() => File.ReadLines("/proc/self/mounts").Any(line => line.Split(' ')[1] == _mountPoint);
}
