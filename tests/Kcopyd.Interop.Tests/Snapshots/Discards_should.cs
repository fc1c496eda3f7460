using Kcopyd.Interop.Tests.Support;
using Xunit;
using Xunit.Abstractions;

namespace Kcopyd.Interop.Tests.Snapshots;

/// <summary>
/// The only known deliberate difference from the kernel. The kernel (6.1) does not split a discard that begins within a chunk at that chunk's end: it discards
/// the requested number of sectors of the store, including those of the next chunk there, which may be another chunk of the snapshot, or records.
/// </summary>
public sealed class Discards_should(ITestOutputHelper output) : SnapshotTest
{
    private const int ChunkSectors = 8, OriginSectors = 256, StoreSectors = 512;

    // Exceptions in this order, so that chunk 5 follows chunk 3 in the store.
    private static readonly int[] Order = [0, 1, 2, 3, 5];

    [SkippableFact]
    public async Task not_reach_into_other_chunks_as_the_kernels_do()
    {
        RealKernel.Require();
        var (device, store) = (Device("origin", OriginSectors * Sector, seed: 3), Device("store", StoreSectors * Sector, seed: 0));
        using var mapper = new KernelMapper();
        var disk = new DiskImage(Folder["disk"]);
        mapper.Device("o", OriginSectors, $"linear /dev/ubda {disk.Add(device)}");
        mapper.Device("c", StoreSectors, $"linear /dev/ubda {disk.Add(store)}");
        mapper.Device("s", OriginSectors, $"snapshot @o @c P {ChunkSectors} 1 discard_zeroes_cow");
        var blob = Script.MakeBlob();
        var expected = device.Bytes.ToArray();
        await using var origin = Origin(device);
        await using var snapshot = await origin.OpenSnapshotAsync(store, new() { ChunkSize = ChunkSectors * Sector, DiscardZeroesCow = true });
        foreach (var chunk in Order)
        {
            var at = chunk * ChunkSectors * Sector;
            await WriteAsync(snapshot, at, blob.AsMemory(at, ChunkSectors * Sector));
            blob.AsSpan(at, ChunkSectors * Sector).CopyTo(expected.AsSpan(at));
            mapper.Write("s", chunk * ChunkSectors, ChunkSectors, at, result => Assert.Equal("ok", result));
        }

        // Two sectors of chunk 3, and two of chunk 4, which has no exception.
        Assert.True((await snapshot.DiscardAsync(30 * Sector, 4 * Sector)).IsSuccess);
        mapper.Discard("s", 30, 4, result => Assert.Equal("ok", result));

        expected.AsSpan(30 * Sector, 2 * Sector).Clear();
        Assert.Equal(expected, await ReadAsync(snapshot));
        var theirs = Array.Empty<byte>();
        mapper.Read("s", 0, OriginSectors, (_, bytes) => theirs = bytes!);
        await mapper.RunAsync(blob, disk.Path);
        var lost = Enumerable.Range(0, OriginSectors).Where(i => !theirs.AsSpan(i * Sector, Sector).SequenceEqual(expected.AsSpan(i * Sector, Sector)));
        output.WriteLine($"sectors that the kernel lost by discarding 30 to 33: {string.Join(' ', lost)}");
    }
}
