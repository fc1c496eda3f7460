using Kcopyd.Actors.Faults;
using Xunit;

namespace Kcopyd.Actors.Tests.Jobs;

public sealed class Write_errors_should : EngineSpec
{
    [Fact]
    public async Task set_one_bit_and_stop_every_destination()
    {
        var source = new CountingDevice(Random(100 * Piece));
        var good = BlockDevice.Memory(100 * Piece);
        var bad = BlockDevice.Memory(100 * Piece, name: "full").WithErrorAt(3, long.MaxValue, IoError.NoSpace);
        var result = await Soon(Client(s => s with { SubJobsPerJob = 1 }).CopyAsync(source.Whole(), Whole(good, bad)));
        Assert.Equal((false, 0b10UL), (result.ReadError, result.WriteErrors));
        Assert.Null(result.Destinations[0].Fault);
        Assert.Equal(3 * Piece, result.Destinations[0].Bytes);
        Assert.Equal(2 * Piece, result.Destinations[1].Bytes);
        Assert.Equal((IoError.NoSpace, 16L), (result.Destinations[1].Fault!.Error, result.Destinations[1].Fault!.Sector));
        Assert.Equal(3, source.Reads);
    }

    [Fact]
    public async Task let_the_eight_pieces_in_flight_finish_and_start_no_other()
    {
        var bad = BlockDevice.Memory(100 * Piece).WithStall(IoOperations.Write);
        var good = BlockDevice.Memory(100 * Piece);
        var copy = Client().CopyAsync(Random(100 * Piece).Whole(), Whole(good, bad), CopyFlags.None, out var job);
        await Soon(bad.WaitingAsync(8));
        bad.ReleaseOne(IoError.NoSpace);
        await Until(async () => (await job.GetProgressAsync())!.State == JobState.Stopping);
        bad.Release();
        var result = await Soon(copy);
        Assert.Equal(0b10UL, result.WriteErrors);
        Assert.Equal(8 * Piece, result.Destinations[0].Bytes);
        Assert.Equal(7 * Piece, result.Destinations[1].Bytes);
    }

    [Fact]
    public async Task set_one_bit_and_go_on_everywhere_if_ignored()
    {
        const int Length = 64 * Piece;
        var source = Random(Length);
        var (good, under) = (BlockDevice.Memory(Length), BlockDevice.Memory(Length));
        var bad = under.WithErrors(ByteRange.Sectors(77), ByteRange.Sectors(200, 3));
        var result = await Soon(Client().CopyAsync(source.Whole(), Whole(good, bad), CopyFlags.IgnoreError));
        Assert.Equal((false, 0b10UL), (result.ReadError, result.WriteErrors));
        Assert.True(source.Bytes.SequenceEqual(good.Bytes));
        Assert.Equal(Length - 4 * 512, result.Destinations[1].Bytes);
        source.Bytes.Slice(77 * 512, 512).Clear();
        source.Bytes.Slice(200 * 512, 3 * 512).Clear();
        Assert.True(source.Bytes.SequenceEqual(under.Bytes));     // everything but the bad blocks is there
    }

    [Fact]
    public async Task not_skip_the_block_behind_one_that_was_written_with_the_error()
    {
        var (source, under) = (Random(Piece), BlockDevice.Memory(Piece));
        var bad = new WholeButFailed(under.WithErrors(ByteRange.Sectors(0)));     // narrows to single blocks
        var result = await Soon(Client().CopyAsync(source.Whole(), Whole(bad), CopyFlags.IgnoreError));
        Assert.Equal((1UL, Piece - 512L), (result.WriteErrors, result.Destinations[0].Bytes));
        Assert.True(source.Bytes[512..].SequenceEqual(under.Bytes[512..]));
    }

    [Fact]
    public async Task say_the_code_the_first_failing_sector_and_the_device()
    {
        var bad = BlockDevice.Memory(64 * Piece, name: "scratched").WithErrors(ByteRange.Sectors(77), ByteRange.Sectors(200));
        var result = await Soon(Client().CopyAsync(Random(64 * Piece).Whole(), [bad.Whole()], CopyFlags.IgnoreError));
        var fault = result.Destinations[0].Fault!;
        Assert.Equal(IoError.Io, fault.Error);
        Assert.InRange(fault.Sector, 72, 77);       // the failed write began at 72
        Assert.Equal($"scratched: write failed at sector {fault.Sector}: Input/output error (errno 5)", fault.Message);
    }

    [Fact]
    public async Task have_a_bit_for_each_of_sixty_four_destinations()
    {
        var client = Client(s => s with { MaxDestinations = 64 });
        var source = Random(Piece);
        for (var failing = 0; failing < 64; failing++)
        {
            var to = Mirrors(64, Piece).Cast<IBlockDevice>().ToArray();
            to[failing] = to[failing].WithErrorAt(1, long.MaxValue);
            var result = await Soon(client.CopyAsync(source.Whole(), Whole(to)));
            Assert.Equal(1UL << failing, result.WriteErrors);
            Assert.Equal(failing, result.Destinations.ToList().FindIndex(destination => destination.Fault is not null));
        }
        var all = Mirrors(64, Piece).Select(mirror => (IBlockDevice)mirror.WithErrorAt(1, long.MaxValue)).ToArray();
        Assert.Equal(ulong.MaxValue, (await Soon(client.CopyAsync(source.Whole(), Whole(all)))).WriteErrors);
    }

    [Fact]
    public async Task stand_beside_a_read_error_of_the_same_job()
    {
        var source = Random(8 * Piece).WithErrors(ByteRange.Sectors(0));
        var bad = BlockDevice.Memory(8 * Piece).WithErrors(ByteRange.Sectors(63));
        var result = await Soon(Client().CopyAsync(source.Whole(), Whole(bad, BlockDevice.Memory(8 * Piece)), CopyFlags.IgnoreError));
        Assert.Equal((true, 1UL), (result.ReadError, result.WriteErrors));
    }

    [Fact]
    public async Task not_try_every_block_of_a_dead_destination()
    {
        var dead = BlockDevice.Memory(1 << 20).WithErrorAt(1, long.MaxValue);
        var result = await Soon(Client(s => s with { SubJobSize = 1 << 20 }).CopyAsync(Random(1 << 20).Whole(), [dead.Whole()], CopyFlags.IgnoreError));
        Assert.Equal(1UL, result.WriteErrors);
        Assert.InRange(dead.Injected, 1, 64);
    }

    [Fact]
    public async Task count_a_destination_that_ends_early()
    {
        var shrunk = new ShrunkDevice(BlockDevice.Memory(8 * Piece));
        var result = await Soon(Client().CopyAsync(Random(8 * Piece).Whole(), [shrunk.Whole()]));
        Assert.Equal((IoError.EndOfDevice, 1UL), (result.Destinations[0].Fault!.Error, result.WriteErrors));
    }

    [Fact]
    public async Task hold_for_a_zeroing_too()
    {
        var bad = BlockDevice.Memory(8 * Piece).WithErrors(ByteRange.Sectors(5));
        var good = BlockDevice.Memory(8 * Piece);
        good.Bytes.Fill(1);
        var result = await Soon(Client().ZeroAsync(Whole(bad, good), CopyFlags.IgnoreError));
        Assert.Equal((false, 1UL), (result.ReadError, result.WriteErrors));
        Assert.False(good.Bytes.ContainsAnyExcept((byte)0));
    }

    /// <summary>Has shrunk since it was opened.</summary>
    private sealed class ShrunkDevice(IBlockDevice inner) : DeviceLayer(inner)
    {
        public override ValueTask<IoResult> WriteAsync(long offset, ReadOnlyMemory<byte> buffer) => new(IoResult.Success(0));
    }

    /// <summary>Its good writes transfer everything, but report an error.</summary>
    private sealed class WholeButFailed(IBlockDevice inner) : DeviceLayer(inner)
    {
        public override async ValueTask<IoResult> WriteAsync(long offset, ReadOnlyMemory<byte> buffer)
        {
            var result = await base.WriteAsync(offset, buffer);
            return result.Bytes == buffer.Length ? IoResult.Failure(IoError.Io, result.Bytes) : result;
        }
    }
}
