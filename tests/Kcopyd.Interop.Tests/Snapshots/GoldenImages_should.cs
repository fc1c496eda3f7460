using System.Globalization;
using System.IO.Compression;
using Kcopyd.Actors;
using Kcopyd.Actors.Snapshots;
using Xunit;

namespace Kcopyd.Interop.Tests.Snapshots;

/// <summary>Stores that the real kernel made, with what it read from them (see Golden/make), so that these tests need no kernel.</summary>
public sealed class GoldenImages_should : SnapshotTest
{
    private static readonly string Golden = Path.Combine(AppContext.BaseDirectory, "Snapshots/Golden");

    public static TheoryData<string> Samples => [.. Lines().Select(line => line[0])];

    [Theory]
    [MemberData(nameof(Samples))]
    public async Task read_as_the_kernel_read_them(string name)
    {
        var (type, chunk, records, content, status) = Sample(name);
        var (device, store) = (Load($"{name}.origin.gz"), Load($"{name}.store.gz"));
        var (originBefore, storeBefore) = (device.Bytes.ToArray(), store.Bytes.ToArray());
        await using (var origin = Origin(device))
        await using (var snapshot = await origin.OpenSnapshotAsync(store, new() { Mode = StoreMode.Open, LeaveOpen = true, Store = type }))
        {
            var ours = await snapshot.GetStatusAsync();
            Assert.Equal(status, ours.ToString());
            Assert.Equal(chunk, ours.ChunkSize);
            if (content == "EIO")
            {
                Assert.Equal(IoError.Io, (await snapshot.ReadAsync(0, new byte[Sector])).Error);
            }
            else
            {
                Assert.Equal(records, ours.Exceptions);
                Assert.Equal(content, Hash(await ReadAsync(snapshot)));
            }
        }
        // Opening and reading change only the label, which the kernel ignores.
        Assert.Equal(originBefore, device.Bytes.ToArray());
        Assert.Equal(StoreBytes.WithoutLabel(storeBefore), StoreBytes.WithoutLabel(store.Bytes));
    }

    [Theory]
    [MemberData(nameof(Samples))]
    public async Task become_the_origin_when_they_are_merged(string name)
    {
        var (_, _, records, content, _) = Sample(name);
        var device = Load($"{name}.origin.gz");
        await using var origin = Origin(device);
        await using var snapshot = await origin.OpenSnapshotAsync(Load($"{name}.store.gz"));
        if (content == "EIO")
        {
            await Assert.ThrowsAsync<InvalidOperationException>(() => snapshot.MergeAsync());
            return;
        }
        var result = await snapshot.MergeAsync();
        Assert.Equal((true, records), (result.IsComplete, result.Merged));
        Assert.Equal(content, Hash(device.Bytes));
    }

    [Fact]
    public async Task take_no_discard_when_they_have_overflowed()
    {
        var content = Sample("c8-overflow").Content;
        await using var origin = Origin(Load("c8-overflow.origin.gz"));
        await using var snapshot = await origin.OpenSnapshotAsync(
            Load("c8-overflow.store.gz"), new() { Store = StoreKind.PersistentOverflow, DiscardZeroesCow = true });
        Assert.Equal(IoError.Io, (await snapshot.WriteAsync(300 * Sector, new byte[Sector])).Error);
        Assert.Equal("snapshot Overflow", (await snapshot.GetStatusAsync()).ToString());
        Assert.Equal(IoError.Io, (await snapshot.DiscardAsync(0, 8 * Sector)).Error);       // in the store
        Assert.Equal(IoError.Io, (await snapshot.DiscardAsync(300 * Sector, Sector)).Error);
        Assert.Equal(content, Hash(await ReadAsync(snapshot)));
    }

    private static (StoreKind Type, int Chunk, long Records, string Content, string Status) Sample(string name)
    {
        var line = Lines().Single(line => line[0] == name);
        return (line[1] == "PO" ? StoreKind.PersistentOverflow : StoreKind.Persistent, Number(line[2]) * Sector, Number(line[3]), line[4], line[5]);
    }

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);

    private static IEnumerable<string[]> Lines() => File.ReadAllLines(Path.Combine(Golden, "manifest")).Select(line => line.Split(' ', 6));

    private static MemoryBlockDevice Load(string name)
    {
        using var bytes = new MemoryStream();
        using (var zipped = new GZipStream(File.OpenRead(Path.Combine(Golden, name)), CompressionMode.Decompress))
            zipped.CopyTo(bytes);
        var device = BlockDevice.Memory(bytes.Length, name: name);
        bytes.ToArray().CopyTo(device.Bytes);
        return device;
    }
}
