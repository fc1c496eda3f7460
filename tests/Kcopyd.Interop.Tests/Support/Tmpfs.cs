namespace Kcopyd.Interop.Tests.Support;

/// <summary>A small file system in memory that can be filled up.</summary>
internal sealed class Tmpfs : IAsyncDisposable
{
    private readonly string _mountPoint;

    private Tmpfs(string mountPoint) => _mountPoint = mountPoint;

    public string this[string name] => Path.Combine(_mountPoint, name);

    public static async Task<Tmpfs> MountAsync(string mountPoint, long size)
    {
        Requires.Root("mount a tmpfs");
        Requires.Tools("mount", "umount");
        var mounted = await Tool.RunAsync("mount", "-t", "tmpfs", "-o", $"size={size}", "kcopyd-test", mountPoint);
        Requires.That(mounted.ExitCode == 0, $"needs to be allowed to mount a tmpfs ({mounted.Error.Trim()})");
        return new Tmpfs(mountPoint);
    }

    public async ValueTask DisposeAsync() => await Tool.OutputAsync("umount", _mountPoint);
}
