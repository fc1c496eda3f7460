using Kcopyd.Actors.Snapshots;
using Kcopyd.Interop.Tests.Support;
using Xunit;

namespace Kcopyd.Interop.Tests.Snapshots;

/// <summary>Stores that one side writes and the other reads: with the common chunk sizes, and with several metadata areas.</summary>
public sealed class KernelStores_should : SnapshotTest
{
    // The chunk size in bytes, and the number of exceptions. An area has one record for each 16 bytes of a chunk: 32 with 512 bytes, 256 with 4096.
    private static readonly (int Chunk, int Count)[] Stores =
        [(4096, 60), (8192, 60), (65536, 12), (512, 32), (512, 33), (512, 64), (512, 70), (4096, 256), (4096, 300)];

    [SkippableFact]
    public async Task show_the_kernels_dmsetup_what_they_show_us()
    {
        RealKernel.Require();
        using var kernel = new RealKernel();
        var disk = new DiskImage(Folder["disk"]);
        List<string> expected = [];
        var script = "set -e\n";
        foreach (var (chunk, count) in Stores)
        {
            var (device, cow) = (Device("origin", OriginLength(chunk, count), seed: 3), Device("store", (count + 16L) * chunk, seed: 0));
            await using (var origin = Origin(device))
            await using (var snapshot = await origin.OpenSnapshotAsync(cow, new() { ChunkSize = chunk, LeaveOpen = true }))
            {
                foreach (var (place, i) in Places(count).Select((place, i) => (place, i)))
                    await WriteAsync(i % 3 == 0 ? origin : snapshot, place * (long)chunk, Bytes(i % 2 == 0 ? chunk : Sector, i + 1));
                expected.AddRange([Hash(await ReadAsync(snapshot)), $"0 {device.Length / Sector} {await snapshot.GetStatusAsync()}"]);
            }
            script += $"""
                dmsetup create o --table "0 {device.Length / Sector} linear $1 {disk.Add(device)}"
                dmsetup create c --table "0 {cow.Length / Sector} linear $1 {disk.Add(cow)}"
                dmsetup create s --table "0 {device.Length / Sector} snapshot /dev/mapper/o /dev/mapper/c P 16"
                sha256sum </dev/mapper/s | cut -c1-64
                dmsetup status s
                dmsetup remove s; dmsetup remove c; dmsetup remove o

                """;
        }
        var shown = await kernel.RunAsync(script, disk.Path);
        Assert.Equal(expected, shown.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    [SkippableFact]
    public async Task show_us_what_they_show_the_kernel_that_wrote_them()
    {
        RealKernel.Require();
        using var mapper = new KernelMapper();
        var disk = new DiskImage(Folder["disk"]);
        List<Func<Task>> looks = [];
        foreach (var (chunk, count) in Stores)
        {
            var (device, cow) = (Device("origin", OriginLength(chunk, count), seed: 3), Device("store", (count + 16L) * chunk, seed: 0));
            var (originAt, cowAt, sectors) = (disk.Add(device), disk.Add(cow), (int)(device.Length / Sector));
            mapper.Device("o", sectors, $"linear /dev/ubda {originAt}");
            mapper.Device("c", cow.Length / Sector, $"linear /dev/ubda {cowAt}");
            mapper.Device("s", sectors, $"snapshot @o @c P {chunk / Sector}");
            mapper.Device("origin", sectors, "snapshot-origin @o");
            foreach (var (place, i) in Places(count).Select((place, i) => (place, i)))
            {
                var target = i % 3 == 0 ? "origin" : "s";
                mapper.Write(target, place * chunk / Sector, i % 2 == 0 ? chunk / Sector : 1, i * 64, result => Assert.Equal("ok", result));
            }
            var (content, status) = (Array.Empty<byte>(), "");
            mapper.Read("s", 0, sectors, (_, bytes) => content = bytes);
            mapper.Status("s", words => status = words);
            foreach (var name in new[] { "origin", "s", "c", "o" })
                mapper.Remove(name);
            looks.Add(async () =>
            {
                await using var origin = Origin(disk.Read(originAt, device.Length, "origin"));
                await using var snapshot = await origin.OpenSnapshotAsync(disk.Read(cowAt, cow.Length, "store"), new() { Mode = StoreMode.Open });
                Assert.Equal(content, await ReadAsync(snapshot));
                Assert.Equal((status, count), ((await snapshot.GetStatusAsync()).ToString(), (int)(await snapshot.GetStatusAsync()).Exceptions));
            });
        }
        await mapper.RunAsync(Script.MakeBlob(), disk.Path);
        foreach (var look in looks)
            await look();
    }

    private static long OriginLength(int chunk, int count) => (2L * count + 3) * chunk;

    // First odd places in shuffled order, so that no two are adjacent on the origin, then adjacent places after them.
    private static IEnumerable<int> Places(int count) =>
        Enumerable.Range(0, count).Select(i => i < count / 2 ? 2 * ((i * 11 + 3) % (count / 2)) + 1 : count + i - count / 2);
}
