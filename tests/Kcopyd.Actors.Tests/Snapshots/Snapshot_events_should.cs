using Kcopyd.Actors.Faults;
using Kcopyd.Actors.Snapshots;
using Kcopyd.Actors.Tests.Devices;
using Xunit;

namespace Kcopyd.Actors.Tests.Snapshots;

public sealed class Snapshot_events_should : SnapshotSpec
{
    public Snapshot_events_should()
    {
        Sys.EventStream.Subscribe(TestActor, typeof(SnapshotFilling));
        Sys.EventStream.Subscribe(TestActor, typeof(SnapshotFailed));
    }

    [Fact]
    public async Task tell_of_a_store_that_is_filling_at_its_threshold_and_at_each_per_cent_after()
    {
        await using var origin = Sys.Kcopyd().CreateSnapshotOrigin(OriginDevice());
        await using var snapshot = await origin.OpenSnapshotAsync(Cow(chunks: 100), new() { ChunkSize = Chunk, FillThreshold = 50, Name = "hundred" });
        await Write(snapshot, 0, new byte[47 * Chunk]);         // 49 of 100 chunks: two are metadata
        await Write(snapshot, 47 * Chunk, new byte[Chunk]);
        await Write(snapshot, 0, new byte[Chunk]);              // uses no more space
        await Write(origin, 48 * Chunk, new byte[10]);
        await Write(snapshot, 49 * Chunk, new byte[3 * Chunk]); // three at once: one event
        var told = await Told<SnapshotFilling>(snapshot);
        Assert.Equal([50.0, 51.0, 54.0], told.Select(filling => filling.Status.UsedPercent));
        Assert.All(told, filling => Assert.Equal("hundred", filling.Status.Name));
    }

    [Fact]
    public async Task not_tell_again_within_one_per_cent()
    {
        await using var origin = Sys.Kcopyd().CreateSnapshotOrigin(OriginDevice());
        await using var snapshot = await origin.OpenSnapshotAsync(Cow(chunks: 300), new() { ChunkSize = Chunk, FillThreshold = 1 });
        Assert.Empty(await Told<SnapshotFilling>(snapshot));
        for (var chunk = 0; chunk < 10; chunk++)
            await Write(snapshot, chunk * Chunk, new byte[Chunk]);      // 3 to 12 of 300
        Assert.Equal([24L, 48, 72, 96], (await Told<SnapshotFilling>(snapshot)).Select(filling => filling.Status.UsedSectors));
    }

    [Fact]
    public async Task tell_of_a_store_that_was_filled_before_it_is_opened()
    {
        var cow = Cow(chunks: 100);
        await using var origin = Sys.Kcopyd().CreateSnapshotOrigin(OriginDevice());
        await using (var snapshot = await origin.OpenSnapshotAsync(cow, new() { ChunkSize = Chunk, FillThreshold = 100, LeaveOpen = true }))
        {
            await Write(snapshot, 0, new byte[60 * Chunk]);
            Assert.Empty(await Told<SnapshotFilling>(snapshot));
        }
        await using var again = await origin.OpenSnapshotAsync(cow, new() { FillThreshold = 60 });
        Assert.Equal(62, Assert.Single(await Told<SnapshotFilling>(again)).Status.UsedPercent);
    }

    [Fact]
    public async Task tell_once_of_a_snapshot_that_becomes_invalid_and_why()
    {
        await using var origin = Sys.Kcopyd().CreateSnapshotOrigin(OriginDevice());
        var cow = Cow().WithErrors([new ByteRange(2 * Chunk, Chunk)], operations: IoOperations.Write);      // the first chunk of data
        await using var snapshot = await origin.OpenSnapshotAsync(cow, new() { ChunkSize = Chunk });
        await Write(origin, 0, new byte[10]);
        await Write(origin, Chunk, new byte[10]);
        var status = Assert.Single(await Told<SnapshotFailed>(snapshot)).Status;
        Assert.Equal((SnapshotState.Invalid, SnapshotProblem.CopyFailed, true), (status.State, status.Problem, status.IsRecorded));
        Assert.Contains("chunk 0 could not be copied", status.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task tell_once_more_when_the_store_of_an_invalid_snapshot_cannot_be_written()
    {
        await using var origin = Sys.Kcopyd().CreateSnapshotOrigin(OriginDevice());
        var cow = new BreakableDevice(Cow(), IoOperations.Write);
        await using var snapshot = await origin.OpenSnapshotAsync(cow, new() { ChunkSize = Chunk });
        cow.IsBroken = true;
        await Write(origin, 0, new byte[10]);
        Assert.Equal(
            [(SnapshotState.Invalid, true), (SnapshotState.Invalid, false)],
            (await Told<SnapshotFailed>(snapshot)).Select(failed => (failed.Status.State, failed.Status.IsRecorded)));
    }

    [Fact]
    public async Task tell_once_of_an_overflow()
    {
        await using var origin = Sys.Kcopyd().CreateSnapshotOrigin(OriginDevice());
        var options = new SnapshotOptions { ChunkSize = Chunk, Store = StoreKind.PersistentOverflow, FillThreshold = 100 };
        await using var snapshot = await origin.OpenSnapshotAsync(Cow(chunks: 2), options);
        Assert.Single(await Told<SnapshotFilling>(snapshot));
        await Soon(snapshot.WriteAsync(0, new byte[10]).AsTask());
        await Soon(snapshot.WriteAsync(0, new byte[10]).AsTask());
        Assert.Equal(SnapshotState.Overflow, Assert.Single(await Told<SnapshotFailed>(snapshot)).Status.State);
    }

    [Fact]
    public async Task tell_of_a_merge_that_fails()
    {
        var device = new BreakableDevice(OriginDevice(), IoOperations.Write);
        await using var origin = Sys.Kcopyd().CreateSnapshotOrigin(device);
        await using var snapshot = await origin.OpenSnapshotAsync(Cow(), new() { ChunkSize = Chunk });
        await Write(snapshot, 0, Bytes.Random(Chunk));
        device.IsBroken = true;
        await Soon(snapshot.MergeAsync());
        Assert.Equal("snapshot-merge Merge failed", Assert.Single(await Told<SnapshotFailed>(snapshot)).Status.ToString());
    }

    // Everything published so far, and nothing else.
    private async Task<List<T>> Told<T>(Snapshot snapshot)
    {
        await Soon(snapshot.GetStatusAsync());      // the actor is done with what it has answered
        TestActor.Tell("end", TestActor);
        var told = new List<T>();
        while (await ReceiveOneAsync(TimeSpan.FromSeconds(60)) is not "end" and var message)
            told.Add(Assert.IsType<T>(message));
        return told;
    }
}
