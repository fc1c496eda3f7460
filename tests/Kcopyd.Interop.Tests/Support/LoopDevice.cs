namespace Kcopyd.Interop.Tests.Support;

/// <summary>A block device of the kernel over a file, detached when this is disposed.</summary>
internal sealed class LoopDevice : IAsyncDisposable
{
    private LoopDevice(string path) => Path = path;

    public string Path { get; }

    public static async Task<LoopDevice> AttachAsync(string file, int sectorSize)
    {
        Requires.LoopDevices();
        return new LoopDevice((await Tool.OutputAsync("losetup", "--find", "--show", "--sector-size", $"{sectorSize}", file)).Trim());
    }

    public async ValueTask DisposeAsync() => await Tool.OutputAsync("losetup", "--detach", Path);
}
