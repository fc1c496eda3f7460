using Kcopyd.Actors;
using Kcopyd.Actors.Snapshots;
using Kcopyd.Interop.Tests.Support;
using Xunit;

namespace Kcopyd.Interop.Tests.Snapshots;

/// <summary>A merge that one side starts and the other completes: the origin then holds the content of the snapshot.</summary>
public sealed class HalfMerged_should : SnapshotTest
{
    private const int Chunk = 4096, ChunkSectors = Chunk / Sector, OriginSectors = 256 * ChunkSectors, StoreSectors = 300 * ChunkSectors;

    // From the end backwards: a run of one, of three, of one, of two, ...
    private static readonly int[] Order = [5, 1, 2, 3, 9, 20, 21, 22, 7, 6, 255, 100, 101, 40, 60, 61, 62, 80];

    [SkippableFact]
    public async Task by_the_kernel_be_finished_by_us()
    {
        RealKernel.Require();
        using var mapper = new KernelMapper();
        var disk = new DiskImage(Folder["disk"]);
        var (originAt, storeAt) = Attach(mapper, disk, Device("origin", OriginSectors * Sector, seed: 3), Device("store", StoreSectors * Sector, seed: 0));
        mapper.Device("s", OriginSectors, $"snapshot @o @c P {ChunkSectors}");
        foreach (var place in Order)
            mapper.Write("s", place * ChunkSectors, place % 2 == 0 ? ChunkSectors : 1, place * 512, result => Assert.Equal("ok", result));
        var (content, half) = (Array.Empty<byte>(), "");
        mapper.Read("s", 0, OriginSectors, (_, bytes) => content = bytes);
        mapper.Remove("s");
        // Each write to the origin is delayed, so that the merge is interrupted halfway.
        mapper.Device("slow", OriginSectors, "delay @o 0 0 @o 0 200");
        mapper.Device("m", OriginSectors, $"snapshot-merge @slow @c P {ChunkSectors}");
        mapper.MergedTo("m", (2 + Order.Length - 5) * ChunkSectors, _ => { });
        mapper.Remove("m");
        mapper.Device("s", OriginSectors, $"snapshot @o @c P {ChunkSectors}");
        mapper.Status("s", words => half = words);
        await mapper.RunAsync(Script.MakeBlob(), disk.Path);

        var device = disk.Read(originAt, OriginSectors * Sector, "origin");
        await using var origin = Origin(device);
        await using var snapshot = await origin.OpenSnapshotAsync(disk.Read(storeAt, StoreSectors * Sector, "store"), new() { Mode = StoreMode.Open });
        var status = await snapshot.GetStatusAsync();
        Assert.Equal(half, status.ToString());
        Assert.InRange(status.Exceptions, 1, Order.Length - 1);
        Assert.Equal(content, await ReadAsync(snapshot));
        var result = await snapshot.MergeAsync();
        Assert.True(result.IsComplete, result.ToString());
        Assert.Equal(status.Exceptions, result.Merged);
        Assert.Equal(content, device.Bytes.ToArray());
    }

    [SkippableFact]
    public async Task by_us_be_finished_by_the_kernel()
    {
        RealKernel.Require();
        var (device, store) = (Device("origin", OriginSectors * Sector, seed: 3), Device("store", StoreSectors * Sector, seed: 0));
        byte[] content;
        string half;
        await using (var origin = Origin(device))
        await using (var snapshot = await origin.OpenSnapshotAsync(store, new() { ChunkSize = Chunk, LeaveOpen = true }))
        {
            foreach (var place in Order)
                await WriteAsync(snapshot, place * Chunk, Bytes(place % 2 == 0 ? Chunk : Sector, place));
            content = await ReadAsync(snapshot);
            using var stop = new CancellationTokenSource();
            var result = await snapshot.MergeAsync(new StopAfter(stop, 5), stop.Token);
            Assert.Equal((IoError.Cancelled, Order.Length), (result.Error, result.Merged + result.Remaining));
            Assert.InRange(result.Remaining, 1, Order.Length - 5);
            half = (await snapshot.GetStatusAsync()).ToString();
        }
        using var mapper = new KernelMapper();
        var disk = new DiskImage(Folder["disk"]);
        Attach(mapper, disk, device, store);
        mapper.Device("s", OriginSectors, $"snapshot @o @c P {ChunkSectors}");
        mapper.Status("s", words => Assert.Equal(half.Replace("-merge", "", StringComparison.Ordinal), words));
        mapper.Read("s", 0, OriginSectors, (_, bytes) => Assert.Equal(content, bytes));
        mapper.Remove("s");
        mapper.Device("m", OriginSectors, $"snapshot-merge @o @c P {ChunkSectors}");
        mapper.Merged("m", words => Assert.Equal($"snapshot-merge 16/{StoreSectors} 16", words));
        mapper.Remove("m");
        mapper.Read("o", 0, OriginSectors, (_, bytes) => Assert.Equal(content, bytes));
        await mapper.RunAsync(Script.MakeBlob(), disk.Path);
    }

    private static (int, int) Attach(KernelMapper mapper, DiskImage disk, MemoryBlockDevice origin, MemoryBlockDevice store)
    {
        var (originAt, storeAt) = (disk.Add(origin), disk.Add(store));
        mapper.Device("o", OriginSectors, $"linear /dev/ubda {originAt}");
        mapper.Device("c", StoreSectors, $"linear /dev/ubda {storeAt}");
        return (originAt, storeAt);
    }

    private sealed class StopAfter(CancellationTokenSource stop, int merged) : IProgress<MergeProgress>
    {
        public void Report(MergeProgress value)
        {
            if (value.Merged >= merged)
                stop.Cancel();
        }
    }
}
