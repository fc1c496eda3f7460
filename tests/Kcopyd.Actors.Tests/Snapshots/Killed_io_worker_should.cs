using Akka.Actor;
using Kcopyd.Actors.Devices;
using Kcopyd.Actors.Devices.Faults;
using Kcopyd.Actors.Snapshots;
using Kcopyd.Actors.Tests.Devices;
using Xunit;

namespace Kcopyd.Actors.Tests.Snapshots;

/// <summary>Somebody kills a child of the origin's actor that holds an I/O.</summary>
public sealed class Killed_io_worker_should : SnapshotSpec
{
    public static TheoryData<object> Deaths => new(PoisonPill.Instance, Kill.Instance);

    [Theory, MemberData(nameof(Deaths))]
    public async Task fail_its_request_and_no_other(object death)
    {
        var frozen = OriginDevice().Bytes.ToArray();
        var device = OriginDevice().WithStall(IoOperations.Transfers);
        await using var origin = Sys.CreateSnapshotOrigin(device);
        await using var snapshot = await origin.OpenSnapshotAsync(Cow(), new() { ChunkSize = Chunk });
        var reading = snapshot.ReadAsync(0, new byte[Chunk]).AsTask();
        await Soon(device.WaitingAsync());
        KillWorker(origin, death);
        Assert.Equal(IoResult.Failure(IoError.WorkerCrashed), await Soon(reading));

        device.Release();
        await Write(origin, 0, Bytes.Random(5 * Chunk, 1));
        Assert.Equal(frozen, await ReadAll(snapshot));
        Assert.Equal("snapshot 56/2400 16", (await snapshot.GetStatusAsync()).ToString());
    }

    [Theory, MemberData(nameof(Deaths))]
    public async Task let_a_write_of_the_origin_go_on_that_waited_for_its_read(object death)
    {
        var device = OriginDevice();
        var stall = device.WithStall(IoOperations.Read);
        await using var origin = Sys.CreateSnapshotOrigin(stall);
        await using var snapshot = await origin.OpenSnapshotAsync(Cow(), new() { ChunkSize = Chunk });
        var writing = origin.WriteAsync(2 * Chunk, new byte[Chunk]).AsTask();
        await Soon(stall.WaitingAsync());                   // its copy
        var reading = snapshot.ReadAsync(2 * Chunk, new byte[Chunk]).AsTask();
        await Soon(stall.WaitingAsync(2));                  // which a read of the chunk does not wait for
        stall.ReleaseOne();
        await Until(async () => (await snapshot.GetStatusAsync()).Exceptions == 1);
        Assert.False(writing.IsCompleted);
        KillWorker(origin, death);
        Assert.Equal(IoError.WorkerCrashed, (await Soon(reading)).Error);
        Assert.Equal(IoResult.Success(Chunk), await Soon(writing));
        stall.Release();
        Assert.Equal(new byte[Chunk], device.Bytes.Slice(2 * Chunk, Chunk).ToArray());
    }

    [Theory, MemberData(nameof(Deaths))]
    public async Task cost_the_snapshot_if_it_was_writing_records(object death)
    {
        var device = OriginDevice();
        var cow = Cow();
        var stall = cow.WithStall(IoOperations.Flush);      // it comes before the records
        stall.Release();
        await using var origin = Sys.CreateSnapshotOrigin(device);
        await using var snapshot = await origin.OpenSnapshotAsync(stall, new() { ChunkSize = Chunk });
        stall.Stall();
        var writing = origin.WriteAsync(0, new byte[Chunk]).AsTask();
        await Soon(stall.WaitingAsync());
        KillWorker(origin, death);
        await Until(async () => (await snapshot.GetStatusAsync()).State == SnapshotState.Invalid);
        stall.Release();
        Assert.Equal(IoResult.Success(Chunk), await Soon(writing));
        Assert.False(cow.SaysThatItIsValid());
        Assert.Equal(new byte[Chunk], device.Bytes[..Chunk].ToArray());
    }

    // The first I/O worker: in each of these stories it is the one that is at work. What is handed to another one must find it alive.
    private void KillWorker(SnapshotOrigin origin, object death) => Sys.ActorSelection(origin.Actor.Path / "io-0").Tell(death, ActorRefs.NoSender);
}
