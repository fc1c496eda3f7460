using Kcopyd.Actors.Faults;
using Xunit;

namespace Kcopyd.Actors.Tests.Jobs;

public sealed class Read_errors_should : EngineSpec
{
    [Fact]
    public async Task write_nothing_of_the_piece_and_start_no_further_ones()
    {
        var source = new CountingDevice(Random(100 * Piece).WithErrors(new ByteRange(Piece + 512, 1)));
        var mirror = BlockDevice.Memory(100 * Piece);
        var result = await Soon(Client(s => s with { SubJobsPerJob = 1 }).CopyAsync(source.Whole(), [mirror.Whole()]));
        Assert.True(result.ReadError);
        Assert.Equal(0UL, result.WriteErrors);
        Assert.Empty(result.Unreadable);
        Assert.False(mirror.Bytes[Piece..].ContainsAnyExcept((byte)0));
        Assert.InRange(source.Reads, 2, 10);     // one good piece, and a closer look at the bad one
    }

    [Fact]
    public async Task let_the_pieces_in_flight_finish_and_those_are_eight()
    {
        var memory = Random(100 * Piece);
        var source = memory.WithStall();
        var mirror = BlockDevice.Memory(100 * Piece);
        var copy = Client().CopyAsync(source.Whole(), [mirror.Whole()], CopyFlags.None, out var job);
        await Soon(source.WaitingAsync(8));
        source.ReleaseOne(IoError.NoDevice);
        await Until(async () => (await job.GetProgressAsync())!.State == JobState.Stopping);
        source.Release();
        var result = await Soon(copy);
        Assert.Equal((true, 0UL), (result.ReadError, result.WriteErrors));
        Assert.Equal(7 * Piece, result.Destinations[0].Bytes);
        Assert.Equal(8, source.Injected);
    }

    [Fact]
    public async Task say_the_code_the_sector_and_the_device()
    {
        var source = Random(8 * Piece).WithErrors([ByteRange.Sectors(19)], IoError.TimedOut);
        var result = await Soon(Client(s => s with { SubJobsPerJob = 1 }).CopyAsync(source.Whole(), Whole(Mirrors(1, 8 * Piece))));
        Assert.Equal((IoError.TimedOut, 19), (result.ReadFault!.Error, result.ReadFault.Sector));    // the I/O began at 16
        Assert.Equal("source: read failed at sector 19: Timed out (errno 110)", result.ReadFault.Message);
    }

    [Fact]
    public async Task name_the_bad_block_of_a_destination_and_of_a_verification_too()
    {
        var source = Random(8 * Piece);
        var unwritable = BlockDevice.Memory(8 * Piece).WithErrors([ByteRange.Sectors(21)], operations: IoOperations.Changes);
        var result = await Soon(Client(s => s with { SubJobsPerJob = 1 }).CopyAsync(source.Whole(), Whole(unwritable)));
        Assert.Equal((IoError.Io, 21), (result.Destinations[0].Fault!.Error, result.Destinations[0].Fault!.Sector));
        var unreadable = BlockDevice.Memory(8 * Piece).WithErrors([ByteRange.Sectors(21)], operations: IoOperations.Read);
        result = await Soon(Client(s => s with { SubJobsPerJob = 1 }).CopyAsync(source.Whole(), Whole(unreadable), CopyFlags.Verify));
        Assert.Equal((IoError.Io, 21), (result.Destinations[0].Fault!.Error, result.Destinations[0].Fault!.Sector));
    }

    [Theory]
    [InlineData(512)]
    [InlineData(4096)]
    public async Task be_narrowed_to_logical_blocks_that_are_zeroed_and_listed_if_ignored(int block)
    {
        const int Length = 64 * Piece;
        var memory = Random(Length, blockSize: block);
        ByteRange[] bad = [ByteRange.Sectors(9), ByteRange.Sectors(11, 2), ByteRange.Sectors(31, 2), ByteRange.Sectors(511)];
        var source = memory.WithErrors(bad);
        var mirrors = Mirrors(2, Length);
        foreach (var mirror in mirrors)
            mirror.Bytes.Fill(0xee);

        var result = await Soon(Client(s => s with { SubJobSize = 2 * Piece }).CopyAsync(source.Whole(), Whole(mirrors), CopyFlags.IgnoreError));

        Assert.Equal((true, 0UL), (result.ReadError, result.WriteErrors));
        UnreadableRange[] expected = block == 512
            ? [new(9 * 512, 512), new(11 * 512, 1024), new(31 * 512, 1024), new(511 * 512, 512)]
            : [new(4096, 4096), new(3 * 4096, 2 * 4096), new(63 * 4096, 4096)];     // 31 and 32 are in adjacent pieces: merged
        Assert.Equal(expected, result.Unreadable);
        Assert.Equal(IoError.Io, result.ReadFault!.Error);
        var wanted = memory.Bytes.ToArray();
        foreach (var range in expected)
            wanted.AsSpan((int)range.Offset, (int)range.Length).Clear();
        Assert.All(mirrors, mirror => Assert.True(mirror.Bytes.SequenceEqual(wanted)));
    }

    [Fact]
    public async Task never_let_old_pages_reach_a_destination()
    {
        var client = Client(s => s with { PagePoolSize = Piece, MaxSubJobs = 1 });     // one page, used repeatedly
        var secret = BlockDevice.Memory(Piece);
        secret.Bytes.Fill(0xaa);
        await Soon(client.CopyAsync(secret.Whole(), Whole(Mirrors(1, Piece))));
        var mirrors = Mirrors(2, Piece);
        var unreadable = Random(Piece).WithErrorAt(1, long.MaxValue);
        await Soon(client.CopyAsync(unreadable.Whole(), Whole(mirrors[0])));
        var result = await Soon(client.CopyAsync(unreadable.Whole(), Whole(mirrors[1]), CopyFlags.IgnoreError));
        Assert.Equal([new UnreadableRange(0, Piece)], result.Unreadable);
        Assert.All(mirrors, mirror => Assert.False(mirror.Bytes.ContainsAnyExcept((byte)0)));
    }

    [Fact]
    public async Task end_the_job_when_the_device_is_gone_also_if_ignored_and_list_nothing_as_unreadable()
    {
        foreach (var error in Enum.GetValues<IoError>().Where(static error => error.IsDeviceGone()))
        {
            var source = Random(100 * Piece).WithErrorAt(3, long.MaxValue, error);
            var mirror = BlockDevice.Memory(100 * Piece);
            mirror.Bytes.Fill(0xee);
            var result = await Soon(Client().CopyAsync(source.Whole(), [mirror.Whole()], CopyFlags.IgnoreError));
            Assert.Equal((true, error), (result.ReadError, result.ReadFault!.Error));
            Assert.Empty(result.Unreadable);
            Assert.True(mirror.Bytes[^(80 * Piece)..].IndexOfAnyExcept((byte)0xee) < 0, "zeroes were written for what was not read");
            Assert.InRange(source.Injected, 1, 8);
        }
    }

    [Fact]
    public async Task be_narrowed_whatever_errno_the_medium_has_for_it()
    {
        foreach (var error in Enum.GetValues<IoError>().Where(static error => error.IsBadBlock()))
        {
            var source = Random(4 * Piece).WithErrors([ByteRange.Sectors(5)], error);
            var result = await Soon(Client().CopyAsync(source.Whole(), Whole(Mirrors(1, 4 * Piece)), CopyFlags.IgnoreError));
            Assert.Equal([new UnreadableRange(5 * 512, 512)], result.Unreadable);
        }
    }

    [Fact]
    public async Task cost_few_reads_where_the_bad_blocks_are_few()
    {
        var source = new CountingDevice(Random(1 << 19).WithErrors(ByteRange.Sectors(700)));
        var result = await Soon(Client(s => s with { SubJobSize = 1 << 19 }).CopyAsync(source.Whole(), Whole(Mirrors(1, 1 << 19)), CopyFlags.IgnoreError));
        Assert.Equal([new UnreadableRange(700 * 512, 512)], result.Unreadable);
        Assert.InRange(source.Reads, 2, 40);
    }

    [Fact]
    public async Task report_offsets_of_the_source_device_for_a_region_in_its_middle()
    {
        var source = Random(64 * Piece).WithErrors(ByteRange.Sectors(100));
        var result = await Soon(Client().CopyAsync(source.Region(97, 16), Whole(Mirrors(1, 16 * 512)), CopyFlags.IgnoreError));
        Assert.Equal([new UnreadableRange(100 * 512, 512)], result.Unreadable);
    }

    [Fact]
    public async Task leave_nothing_unreadable_where_everything_came_with_the_error()
    {
        var memory = Random(4 * Piece);
        var mirror = BlockDevice.Memory(4 * Piece);
        var result = await Soon(Client().CopyAsync(new WholeButFailed(memory, reads: 1).Whole(), [mirror.Whole()], CopyFlags.IgnoreError));
        Assert.Equal((true, 0UL, IoError.Io), (result.ReadError, result.WriteErrors, result.ReadFault?.Error));
        Assert.Empty(result.Unreadable);
        Assert.True(memory.Bytes.SequenceEqual(mirror.Bytes));
    }

    [Fact]
    public async Task not_write_off_the_block_behind_one_that_came_with_the_error()
    {
        var memory = Random(Piece);
        var source = memory.WithErrors(ByteRange.Sectors(0));   // narrows to single blocks
        var mirror = BlockDevice.Memory(Piece);
        var result = await Soon(Client().CopyAsync(new WholeButFailed(source, reads: int.MaxValue).Whole(), [mirror.Whole()], CopyFlags.IgnoreError));
        Assert.Equal([new UnreadableRange(0, 512)], result.Unreadable);
        Assert.True(memory.Bytes[512..].SequenceEqual(mirror.Bytes[512..]));
    }

    [Fact]
    public async Task end_the_job_also_where_everything_came_with_the_error()
    {
        var mirror = BlockDevice.Memory(Piece);
        var result = await Soon(Client().CopyAsync(new WholeButFailed(Random(Piece), reads: 1).Whole(), [mirror.Whole()]));
        Assert.Equal((true, IoError.Io), (result.ReadError, result.ReadFault?.Error));
        Assert.False(mirror.Bytes.ContainsAnyExcept((byte)0));
    }

    [Fact]
    public async Task be_retried_where_a_second_look_succeeds()
    {
        var memory = Random(4 * Piece);
        var mirror = BlockDevice.Memory(4 * Piece);
        var result = await Soon(Client().CopyAsync(memory.WithErrorAt(2).Whole(), [mirror.Whole()], CopyFlags.IgnoreError));
        Assert.True(result.IsSuccess);
        Assert.True(memory.Bytes.SequenceEqual(mirror.Bytes));
    }

    /// <summary>Its first good reads transfer everything, but report an error.</summary>
    private sealed class WholeButFailed(IBlockDevice inner, int reads) : DeviceLayer(inner)
    {
        private int _left = reads;

        public override async ValueTask<IoResult> ReadAsync(long offset, Memory<byte> buffer)
        {
            var result = await base.ReadAsync(offset, buffer);
            return result.Bytes == buffer.Length && Interlocked.Decrement(ref _left) >= 0 ? IoResult.Failure(IoError.Io, result.Bytes) : result;
        }
    }
}
