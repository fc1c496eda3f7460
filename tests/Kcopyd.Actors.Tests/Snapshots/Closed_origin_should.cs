using Akka.Actor;
using Kcopyd.Actors.Faults;
using Kcopyd.Actors.Snapshots;
using Kcopyd.Actors.Tests.Devices;
using Xunit;

namespace Kcopyd.Actors.Tests.Snapshots;

public sealed class Closed_origin_should : SnapshotSpec
{
    private static readonly IoResult Closed = IoResult.Failure(IoError.Closed);

    public static TheoryData<object> Ends => new(PoisonPill.Instance, Kill.Instance, "terminate");

    [Fact]
    public async Task answer_that_it_is_closed_and_so_do_its_snapshots()
    {
        var origin = Sys.Kcopyd().CreateSnapshotOrigin(OriginDevice());
        var snapshot = await origin.OpenSnapshotAsync(Cow(), new() { ChunkSize = Chunk, DiscardZeroesCow = true });
        await origin.DisposeAsync();
        await AllAnswerClosed(origin);
        await AllAnswerClosed(snapshot);
        Assert.Equal(Closed, await Soon(snapshot.DiscardAsync(0, Chunk).AsTask()));
        await Assert.ThrowsAsync<InvalidOperationException>(() => Soon(origin.OpenSnapshotAsync(Cow())));
        await Assert.ThrowsAsync<InvalidOperationException>(() => Soon(snapshot.MergeAsync()));
        Assert.Empty((await Soon(origin.GetStatusAsync())).Snapshots);
        Assert.Equal("snapshot 16/2400 16", (await Soon(snapshot.GetStatusAsync())).ToString());
        await snapshot.DisposeAsync();
        await origin.DisposeAsync();        // a second time has no effect
    }

    [Fact]
    public async Task be_told_from_a_closed_snapshot_whose_origin_goes_on()
    {
        var device = OriginDevice();
        await using var origin = Sys.Kcopyd().CreateSnapshotOrigin(device);
        var snapshot = await origin.OpenSnapshotAsync(Cow(), new() { ChunkSize = Chunk, DiscardZeroesCow = true });
        await snapshot.DisposeAsync();
        await snapshot.DisposeAsync();
        await AllAnswerClosed(snapshot);
        Assert.Equal(Closed, await Soon(snapshot.DiscardAsync(0, Chunk).AsTask()));
        await Assert.ThrowsAsync<InvalidOperationException>(() => Soon(snapshot.MergeAsync()));
        var bytes = Bytes.Random(3 * Chunk);
        await Write(origin, 100, bytes);
        Assert.Equal(bytes, device.Bytes.Slice(100, bytes.Length).ToArray());
        Assert.Empty((await Soon(origin.GetStatusAsync())).Snapshots);
    }

    [Theory]
    [InlineData(IoOperations.Read, false)]
    [InlineData(IoOperations.Write, false)]
    [InlineData(IoOperations.Flush, false)]
    [InlineData(IoOperations.Read, true)]
    [InlineData(IoOperations.Write, true)]
    public async Task answer_at_once_when_it_is_stopped_while_a_device_blocks_its_caller(IoOperations call, bool isCow)
    {
        var hung = new BlockingDevice(isCow ? Cow() : OriginDevice(), call) { IsOpen = true };
        var origin = Sys.Kcopyd().CreateSnapshotOrigin(isCow ? OriginDevice() : hung);
        var snapshot = await origin.OpenSnapshotAsync(isCow ? hung : Cow(), new() { ChunkSize = Chunk });
        await Write(snapshot, 0, Bytes.Random(Chunk));
        hung.IsOpen = false;
        var requests = new[]
        {
            snapshot.ReadAsync(0, new byte[2 * Chunk]).AsTask(),
            origin.WriteAsync(4 * Chunk, new byte[Chunk]).AsTask(),
            origin.FlushAsync().AsTask(),
        };
        await Until(() => hung.Blocked > 0);
        Sys.Stop(origin.Actor);
        foreach (var request in requests)
            await Soon(request);
        Assert.Contains(requests, request => request.Result == Closed);
        hung.IsOpen = true;
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task have_waited_for_what_was_on_its_way(bool closesOrigin)
    {
        var frozen = OriginDevice().Bytes.ToArray();
        var device = OriginDevice().WithStall(IoOperations.Transfers);
        var origin = Sys.Kcopyd().CreateSnapshotOrigin(device);
        var snapshot = await origin.OpenSnapshotAsync(Cow(), new() { ChunkSize = Chunk });
        var buffer = new byte[Chunk];
        var reading = snapshot.ReadAsync(0, buffer).AsTask();
        var writing = snapshot.WriteAsync(Chunk, new byte[10]).AsTask();
        await Soon(device.WaitingAsync(2));
        var closing = closesOrigin ? origin.DisposeAsync().AsTask() : snapshot.DisposeAsync().AsTask();
        var late = snapshot.ReadAsync(0, new byte[Chunk]).AsTask();
        await Soon(origin.Actor.Ask<OriginStatus>(new SnapshotProtocol.GetStatus()));      // the actor has received the requests
        Assert.False(closing.IsCompleted || reading.IsCompleted || writing.IsCompleted || late.IsCompleted);
        device.Release();
        await Soon(closing);
        Assert.Equal(IoResult.Success(Chunk), await Soon(reading));
        Assert.Equal(IoResult.Success(10), await Soon(writing));
        Assert.Equal(Closed, await Soon(late));
        Assert.Equal(frozen[..Chunk], buffer);
        await origin.DisposeAsync();
    }

    [Theory, MemberData(nameof(Ends))]
    public async Task have_answered_each_request_once_when_it_was_ended_from_outside(object end)
    {
        var device = OriginDevice().WithStall(IoOperations.Transfers);
        var origin = Sys.Kcopyd().CreateSnapshotOrigin(device);
        var snapshot = await origin.OpenSnapshotAsync(Cow(), new() { ChunkSize = Chunk });
        var answers = new int[400];     // more than the origin begins at once
        var requests = new List<Task<IoResult>>();
        for (var i = 0; i < answers.Length; i++)
        {
            requests.Add(Counted(i, (i % 4) switch
            {
                0 => origin.ReadAsync(i * 512, new byte[512]),
                1 => origin.WriteAsync(i * 512, new byte[512]),
                2 => snapshot.ReadAsync(i * 512, new byte[512]),
                _ => snapshot.WriteAsync(i * 512, new byte[512]),
            }));
        }
        await Soon(device.WaitingAsync(8));
        if (end is string)
            await Soon(Sys.Terminate());
        else
            origin.Actor.Tell(end, ActorRefs.NoSender);
        Assert.All(await Soon(Task.WhenAll(requests)), result => Assert.Equal(Closed, result));
        await Soon(origin.DisposeAsync().AsTask());
        await AllAnswerClosed(origin);
        device.Release();
        Assert.All(answers, count => Assert.Equal(1, count));

        async Task<IoResult> Counted(int i, ValueTask<IoResult> request)
        {
            var result = await request;
            Interlocked.Increment(ref answers[i]);
            return result;
        }
    }

    private static async Task AllAnswerClosed(IBlockDevice device)
    {
        Assert.Equal(Closed, await Soon(device.ReadAsync(0, new byte[10]).AsTask()));
        Assert.Equal(Closed, await Soon(device.WriteAsync(0, new byte[10]).AsTask()));
        Assert.Equal(Closed, await Soon(device.FlushAsync().AsTask()));
    }
}
