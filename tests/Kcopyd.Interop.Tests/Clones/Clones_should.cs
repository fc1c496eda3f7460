using Akka.Actor;
using Kcopyd.Actors;
using Kcopyd.Actors.Clones;
using Kcopyd.Interop.Tests.Support;
using Xunit;

namespace Kcopyd.Interop.Tests.Clones;

/// <summary>Clones that this library and the real kernel use in turn, on the same devices.</summary>
public sealed class Clones_should : IAsyncLifetime
{
    private TempFolder Folder { get; } = new();

    private ActorSystem System { get; } = ActorSystem.Create("clones", "akka.loglevel = ERROR");

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        await System.Terminate();
        Folder.Dispose();
    }

    [SkippableFact]
    public async Task show_the_same_content_and_status_here_and_in_the_kernel_and_become_the_copy()
    {
        RealKernel.Require();
        var blob = new byte[8 << 20];
        new Random(7).NextBytes(blob);
        var shapes = new[] { (8, 4096), (8, 4099), (16, 3000), (128, 8192), (1024, 5000), (8192, 6000) };
        var clones = shapes.Select(static (shape, i) => new CloneFiles($"c{i}x", shape.Item1, shape.Item2, new Random(i))).ToList();
        clones.ForEach(static clone => clone.Begin());
        for (var round = 0; round < 3; round++)
        {
            using var mapper = new KernelMapper();
            var disk = new DiskImage(Folder[$"disk{round}"]);
            foreach (var clone in clones)
                clone.AddKernelStep(mapper, disk, blob, await ChangeAsync(clone, blob));
            await mapper.RunAsync(blob, disk.Path);
            clones.ForEach(clone => clone.TakeBack(disk));
        }
        foreach (var clone in clones)
        {
            await HydrateAsync(clone);
            Assert.True(clone.Destination.Bytes.SequenceEqual(clone.Expected), "the destination is not the copy");
        }
    }

    // Returns the words of the status when it is closed.
    private async Task<string> ChangeAsync(CloneFiles files, byte[] blob)
    {
        await using var clone = await OpenAsync(files);
        await AssertReadsAsync(clone, files.Expected);
        for (var i = 0; i < 12; i++)
        {
            var (sector, count, at) = files.Draw(blob);
            await clone.WriteExactlyAsync(sector * 512L, blob.AsMemory(at, count * 512));
            if (i % 5 == 0)
                await clone.FlushOrThrowAsync();
        }
        await AssertReadsAsync(clone, files.Expected);
        return CloneFiles.Words((await clone.GetStatusAsync()).ToString());
    }

    private async Task HydrateAsync(CloneFiles files)
    {
        await using var clone = await OpenAsync(files);
        await AssertReadsAsync(clone, files.Expected);
        await clone.EnableHydrationAsync();
        await clone.WhenHydratedAsync();
    }

    private Task<Clone> OpenAsync(CloneFiles files) => System.Kcopyd().OpenCloneAsync(files.Source, files.Destination, files.Metadata,
        new CloneOptions { RegionSize = files.RegionSize, NoHydration = true, LeaveOpen = true });

    private static async Task AssertReadsAsync(Clone clone, byte[] expected)
    {
        var found = new byte[expected.Length];
        await clone.ReadExactlyAsync(0, found);
        Assert.True(found.AsSpan().SequenceEqual(expected), "this library reads something else");
    }
}
