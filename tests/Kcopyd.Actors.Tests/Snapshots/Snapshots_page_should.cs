using System.Runtime.CompilerServices;
using Kcopyd.Actors.Snapshots;
using Kcopyd.Actors.Tests.Devices;
using Xunit;

namespace Kcopyd.Actors.Tests.Snapshots;

/// <summary>The examples of docs/snapshots.md, compiled and run.</summary>
public sealed class Snapshots_page_should : SnapshotSpec
{
    [Fact]
    public void show_only_code_that_compiles_here() => DocsPage.ShowsOnlyCodeOf("snapshots.md", least: 10, ThisFile());

    [Fact]
    public async Task back_up_a_disk_that_changes()
    {
        var folder = Directory.CreateTempSubdirectory("kcopyd-page-");
        string InFolder(string name) => Path.Combine(folder.FullName, name);
        var (image, store, copy) = (InFolder("disk.img"), InFolder("disk.cow"), InFolder("backup.img"));
        var (system, frozen, bytes) = (Sys, Bytes.Random(1 << 20, 1), Bytes.Random(5000, 2));
        try
        {
            await File.WriteAllBytesAsync(image, frozen);
            await using var kcopyd = system.Kcopyd().CreateClient();
            await using var disk = system.Kcopyd().CreateSnapshotOrigin(BlockDevice.Open(image));
            await using var snapshot = await disk.OpenSnapshotAsync(BlockDevice.Open(store, new() { Create = true, Length = 1 << 30 }));

            await disk.WriteAsync(offset: 12345, bytes);                        // the disk changes; the snapshot gets the old chunks first
            await using var backup = BlockDevice.Open(copy, new() { Create = true, Length = snapshot.Length });
            await kcopyd.CopyAsync(snapshot.Whole(), [backup.Whole()], CopyFlags.Flush);

            SnapshotStatus status = await snapshot.GetStatusAsync();            // "snapshot 32/2097152 16"
            IReadOnlyList<long> changed = await snapshot.GetChangedChunksAsync();   // what an incremental backup has to take
            MergeResult merged = await snapshot.MergeAsync();                   // the disk is what it was

            Assert.Equal("snapshot 32/2097152 16", status.ToString());
            Assert.True(merged.IsComplete);
        }
        finally
        {
            var (exported, merged) = (await File.ReadAllBytesAsync(copy), await File.ReadAllBytesAsync(image));
            folder.Delete(recursive: true);
            Assert.Equal(frozen, exported);
            Assert.Equal(frozen, merged);
        }
    }

    [Fact]
    public async Task tell_by_events_how_snapshots_are()
    {
        var system = Sys;
        var receiver = TestActor;
        await using var disk = system.Kcopyd().CreateSnapshotOrigin(OriginDevice());
        await using var snapshot = await disk.OpenSnapshotAsync(Cow(chunks: 12), new() { ChunkSize = Chunk });

        system.EventStream.Subscribe(receiver, typeof(SnapshotFilling));        // Status.UsedPercent: grow it (GrowAsync), merge it, or drop it
        system.EventStream.Subscribe(receiver, typeof(SnapshotFailed));         // Status.State, Status.Reason

        await Write(snapshot, 0, Bytes.Random(9 * Chunk, 1));
        ExpectMsg<SnapshotFilling>();
        await Write(disk, 100 * Chunk, Bytes.Random(9 * Chunk, 1));
        Assert.Equal(SnapshotState.Invalid, FishForMessage(message => message is SnapshotFailed) is SnapshotFailed failed ? failed.Status.State : default);
    }

    [Fact]
    public async Task read_a_store_by_itself()
    {
        await using var disk = Sys.Kcopyd().CreateSnapshotOrigin(OriginDevice());
        var cow = Cow();
        await using (var snapshot = await disk.OpenSnapshotAsync(cow, new() { ChunkSize = Chunk, LeaveOpen = true }))
            await Write(snapshot, 5 * Chunk, Bytes.Random(2 * Chunk, 1));

        SnapshotStoreContents contents = await SnapshotStore.ReadAsync(cow);    // no origin, no actor system
        foreach (var (old, place) in contents.Exceptions)
            Console.WriteLine($"chunk {old} of the origin is in chunk {place}");

        Assert.Equal([new(5, 2), new(6, 3)], contents.Exceptions);
        Assert.Equal([new(1, 2)], contents.Areas);
        Assert.Equal("snapshot 32/2400 16", contents.Status.ToString());
    }

    private static string ThisFile([CallerFilePath] string path = "") => path;
}
