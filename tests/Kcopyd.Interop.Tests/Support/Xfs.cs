namespace Kcopyd.Interop.Tests.Support;

/// <summary>An XFS file system on a loop device, which can share blocks between files.</summary>
internal sealed class Xfs : IAsyncDisposable
{
    // The minimum that mkfs.xfs accepts.
    private const long Size = 300 << 20;

    private readonly LoopDevice _loop;
    private readonly string _mountPoint;

    private Xfs(LoopDevice loop, string mountPoint)
    {
        _loop = loop;
        _mountPoint = mountPoint;
    }

    public string this[string name] => Path.Combine(_mountPoint, name);

    public static async Task<Xfs> MountAsync(TempFolder folder, string name)
    {
        Requires.LoopDevices();
        Requires.Tools("mkfs.xfs", "mount", "umount");
        var loop = await LoopDevice.AttachAsync(folder.EmptyFile($"{name}.img", Size), 512);
        var mountPoint = folder.EmptyFolder(name);
        try
        {
            await Tool.OutputAsync("mkfs.xfs", "-q", "-m", "reflink=1", loop.Path);
            var mounted = await Tool.RunAsync("mount", "-t", "xfs", loop.Path, mountPoint);
            Requires.That(mounted.ExitCode == 0, $"needs a kernel with XFS ({mounted.Error.Trim()})");
            return new Xfs(loop, mountPoint);
        }
        catch
        {
            await loop.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Tool.OutputAsync("umount", _mountPoint);
        await _loop.DisposeAsync();
    }
}
