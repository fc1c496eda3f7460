using Kcopyd.Actors.Faults;
using Xunit;

namespace Kcopyd.Actors.Tests.Jobs;

public sealed class Flush_should : EngineSpec
{
    [Theory]
    [InlineData(CopyFlags.Flush, 1)]
    [InlineData(CopyFlags.Flush | CopyFlags.Sequential, 1)]
    [InlineData(CopyFlags.Verify, 1)]
    [InlineData(CopyFlags.None, 0)]
    [InlineData(CopyFlags.IgnoreError | CopyFlags.Sequential, 0)]
    public async Task happen_once_per_destination_if_asked_for(CopyFlags flags, int flushes)
    {
        var mirrors = Mirrors(3, 16 * Piece).Select(mirror => new CountingDevice(mirror)).ToArray();
        Assert.True((await Soon(Client().CopyAsync(Random(16 * Piece).Whole(), Whole(mirrors), flags))).IsSuccess);
        Assert.All(mirrors, mirror => Assert.Equal(flushes, mirror.Flushes));
    }

    [Fact]
    public async Task come_after_the_last_write_and_before_the_notification()
    {
        var medium = BlockDevice.Memory(16 * Piece);
        var disk = medium.WithVolatileCache(leaveOpen: true);
        var source = Random(16 * Piece);
        var client = Client();
        await Soon(client.CopyAsync(source.Whole(), Whole(disk)));
        Assert.Equal(16, disk.HeldWrites);      // without the flag, a power cut would lose them
        await Soon(client.CopyAsync(source.Whole(), Whole(disk), CopyFlags.Flush));
        await disk.CrashAsync();
        Assert.True(source.Bytes.SequenceEqual(medium.Bytes));
    }

    [Theory]
    [InlineData(CopyFlags.Flush)]
    [InlineData(CopyFlags.Flush | CopyFlags.IgnoreError)]
    [InlineData(CopyFlags.Verify)]
    public async Task that_fails_be_a_write_error_of_that_destination(CopyFlags flags)
    {
        var losing = BlockDevice.Memory(16 * Piece, name: "loser").WithFlushError(IoError.NoSpace);
        var result = await Soon(Client().CopyAsync(Random(16 * Piece).Whole(), Whole(BlockDevice.Memory(16 * Piece), losing), flags));
        Assert.Equal((false, 0b10UL), (result.ReadError, result.WriteErrors));
        Assert.Null(result.Destinations[0].Fault);
        Assert.Equal((IoError.NoSpace, -1L), (result.Destinations[1].Fault!.Error, result.Destinations[1].Fault!.Sector));
        Assert.Equal(
            "loser: flush failed; everything written since the last good flush may be lost: No space left on device (errno 28)",
            result.Destinations[1].Fault!.Message);
    }

    [Fact]
    public async Task hold_for_a_zeroing_and_survive_a_device_that_vanishes()
    {
        var mirror = new CountingDevice(BlockDevice.Memory(Piece));
        var result = await Soon(Client().ZeroAsync(Whole(mirror, BlockDevice.Memory(Piece).WithCrash(1, IoOperations.Flush)), CopyFlags.Flush));
        Assert.Equal((1, 0b10UL), (mirror.Flushes, result.WriteErrors));
        Assert.Equal(IoError.WorkerCrashed, result.Destinations[1].Fault!.Error);
    }
}
