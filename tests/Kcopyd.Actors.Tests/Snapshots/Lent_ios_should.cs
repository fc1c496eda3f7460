using Kcopyd.Actors.BlockIo;
using Kcopyd.Actors.Devices;
using Kcopyd.Actors.Faults;
using Xunit;

namespace Kcopyd.Actors.Tests.Snapshots;

/// <summary>Another actor lends its I/Os to an origin or a snapshot, which returns them as messages.</summary>
public sealed class Lent_ios_should : SnapshotSpec
{
    [Fact]
    public async Task come_back_done()
    {
        var device = OriginDevice();
        await using var origin = Sys.Kcopyd().CreateSnapshotOrigin(device);
        var snapshot = await origin.OpenSnapshotAsync(Cow(), new() { ChunkSize = Chunk });
        var bytes = new byte[Chunk];
        bytes.AsSpan().Fill(7);
        Assert.True(Lend(snapshot, DeviceOperation.Write, Chunk, bytes));
        Assert.Equal(IoResult.Success(Chunk), Assert.Single(GivenBack(1)).Answer);
        Assert.True(Lend(snapshot, DeviceOperation.Flush, 0, []));
        Assert.Equal(IoResult.Success(0), Assert.Single(GivenBack(1)).Answer);
        var read = new byte[2 * Chunk];
        Assert.True(Lend(snapshot, DeviceOperation.Read, Chunk, read));
        Assert.Equal(IoResult.Success(2 * Chunk), Assert.Single(GivenBack(1)).Answer);
        Assert.Equal([.. bytes, .. device.Bytes.Slice(2 * Chunk, Chunk)], read);
    }

    [Fact]
    public async Task not_be_taken_where_something_is_wrong_with_them()
    {
        await using var origin = Sys.Kcopyd().CreateSnapshotOrigin(OriginDevice());
        foreach (var (offset, length) in new (long, int)[] { (-1, 1), (OriginLength, 1), (OriginLength - 1, 2), (long.MaxValue, 2), (0, 0) })
            Assert.False(Lend(origin, DeviceOperation.Read, offset, new byte[length]), $"{length} bytes at {offset}");
        foreach (var operation in new[] { DeviceOperation.Zero, DeviceOperation.Punch, DeviceOperation.FastZero, DeviceOperation.Discard, DeviceOperation.Map })
            Assert.False(Lend(origin, operation, 0, new byte[Chunk]), $"{operation}");
        await using var readOnly = Sys.Kcopyd().CreateSnapshotOrigin(BlockDevice.Memory(Chunk, readOnly: true));
        Assert.False(Lend(readOnly, DeviceOperation.Write, 0, new byte[1]));
        Assert.True(Lend(readOnly, DeviceOperation.Read, 0, new byte[1]));
        GivenBack(1);
    }

    [Fact]
    public async Task come_back_together_if_they_end_together()
    {
        var stalled = new StallDevice(OriginDevice(), IoOperations.Flush);
        await using var origin = Sys.Kcopyd().CreateSnapshotOrigin(new PromptReads(stalled));
        // The origin is flushed for a new snapshot; I/Os that arrive during the flush wait, and then begin together.
        var opening = origin.OpenSnapshotAsync(Cow(), new() { ChunkSize = Chunk });
        await Soon(stalled.WaitingAsync());
        for (var i = 0; i < 3; i++)
            Assert.True(Lend(origin, DeviceOperation.Read, i * Chunk, new byte[Chunk]));
        stalled.Release();
        Assert.All(GivenBack(3), static io => Assert.Equal(IoResult.Success(Chunk), io.Answer));
        await Soon(opening);
    }

    [Fact]
    public async Task come_back_from_an_origin_that_is_closed()
    {
        var origin = Sys.Kcopyd().CreateSnapshotOrigin(OriginDevice());
        await origin.DisposeAsync();
        Assert.True(Lend(origin, DeviceOperation.Read, 0, new byte[1]));
        Assert.Equal(IoResult.Failure(IoError.Closed), Assert.Single(GivenBack(1)).Answer);
    }

    [Theory, InlineData(false), InlineData(true)]
    public async Task come_back_from_an_origin_that_is_stopped_whether_it_has_begun_them_or_not(bool isHeld)
    {
        var stalled = new StallDevice(OriginDevice(), isHeld ? IoOperations.Flush : IoOperations.Read);
        var origin = Sys.Kcopyd().CreateSnapshotOrigin(stalled);
        if (isHeld)
        {
            _ = origin.OpenSnapshotAsync(Cow(), new() { ChunkSize = Chunk });
            await Soon(stalled.WaitingAsync());
        }
        Assert.True(Lend(origin, DeviceOperation.Read, 0, new byte[1]));
        if (!isHeld)
            await Soon(stalled.WaitingAsync());
        Sys.Stop(origin.Actor);
        Assert.Equal(IoResult.Failure(IoError.Closed), Assert.Single(GivenBack(1)).Answer);
        stalled.Release();
    }

    private bool Lend(IBlockDevice device, DeviceOperation operation, long offset, byte[] memory) => ((IActorDevice)device).TryTake(
        new DeviceIo { Device = device, Operation = operation, Offset = offset, Length = memory.Length, Memory = memory }, TestActor);

    private List<DeviceIo> GivenBack(int count)
    {
        var ios = new List<DeviceIo>();
        for (var io = ExpectMsg<DeviceIo>(); io is not null; io = io.Following!)
            ios.Add(io);
        Assert.Equal(count, ios.Count);
        return ios;
    }

    private sealed class PromptReads(IBlockDevice inner) : DeviceLayer(inner), IPromptDevice
    {
        public bool IsPrompt(DeviceOperation operation) => operation is DeviceOperation.Read or DeviceOperation.Write;
    }
}
