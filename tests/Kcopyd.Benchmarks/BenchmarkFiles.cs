using Kcopyd.Actors;
using Microsoft.Win32.SafeHandles;

namespace Kcopyd.Benchmarks;

/// <summary>A source of random bytes and destinations of the same size, in a separate folder that is deleted when this is disposed.</summary>
internal sealed class BenchmarkFiles : IDisposable
{
    private readonly string _folder;

    public BenchmarkFiles(string folder, long sourceBytes, int destinations)
    {
        _folder = Directory.CreateDirectory(Path.Combine(folder, $"kcopyd-bench-{Environment.ProcessId}")).FullName;
        Bytes = sourceBytes;
        var source = Path.Combine(_folder, "source");
        var block = new byte[1 << 20];
        using (var file = File.Create(source))
        {
            for (var written = 0L; written < sourceBytes; written += block.Length)
            {
                new Random((int)(written >> 20)).NextBytes(block);
                file.Write(block);
            }
        }
        var paths = Enumerable.Range(0, destinations).Select(i => Path.Combine(_folder, $"destination-{i}")).ToArray();
        foreach (var path in paths)
            File.Copy(source, path);
        Source = BlockDevice.Open(source, new BlockDeviceOptions { ReadOnly = true });
        Destinations = [.. paths.Select(path => (IBlockDevice)BlockDevice.Open(path))];
        SourceHandle = File.OpenHandle(source);
        DestinationHandles = [.. paths.Select(path => File.OpenHandle(path, FileMode.Open, FileAccess.Write))];
    }

    public long Bytes { get; }

    public IBlockDevice Source { get; }

    public IBlockDevice[] Destinations { get; }

    public SafeFileHandle SourceHandle { get; }

    public SafeFileHandle[] DestinationHandles { get; }

    public void Dispose()
    {
        SourceHandle.Dispose();
        foreach (var handle in DestinationHandles)
            handle.Dispose();
        Source.DisposeAsync().AsTask().GetAwaiter().GetResult();
        foreach (var destination in Destinations)
            destination.DisposeAsync().AsTask().GetAwaiter().GetResult();
        Directory.Delete(_folder, recursive: true);
    }
}
