using System.Security.Cryptography;
using Kcopyd.Actors.Faults;
using Xunit;

namespace Kcopyd.Actors.Tests.Jobs;

public sealed class Verify_should : EngineSpec
{
    public static TheoryData<CopyFlags> Ways => new(CopyFlags.Verify, CopyFlags.VerifyHash);

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task find_one_wrong_byte_of_one_destination(CopyFlags way)
    {
        var corrupt = new CorruptingDevice(BlockDevice.Memory(64 * Piece, name: "liar"), at: 100_000);
        var result = await Soon(Client().CopyAsync(Random(64 * Piece).Whole(), Whole(BlockDevice.Memory(64 * Piece), corrupt), way));
        Assert.Equal((false, 0b10UL), (result.ReadError, result.WriteErrors));
        var fault = result.Destinations[1].Fault!;
        Assert.Equal((IoError.VerifyMismatch, 100_000 / 512L), (fault.Error, fault.Sector));
        Assert.Equal("liar: verification failed at sector 195: what was read back differs from the source", fault.Message);
        Assert.Null(result.Destinations[0].Fault);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task be_silent_where_all_is_well(CopyFlags way)
    {
        var source = Random(64 * Piece + 777);
        var result = await Soon(Client().CopyAsync(source.Whole(), Whole(Mirrors(3, 64 * Piece + 777)), way));
        Assert.True(result.IsSuccess, result.ToString());
    }

    [Fact]
    public async Task not_see_what_it_is_not_asked_to_look_at()
    {
        var corrupt = new CorruptingDevice(BlockDevice.Memory(Piece), at: 5);
        Assert.True((await Soon(Client().CopyAsync(Random(Piece).Whole(), Whole(corrupt)))).IsSuccess);
    }

    [Fact]
    public async Task flush_evict_and_read_back_after_everything_is_written()
    {
        var mirror = new CountingDevice(BlockDevice.Memory(4 * Piece));
        await Soon(Client().CopyAsync(Random(4 * Piece).Whole(), Whole(mirror), CopyFlags.Verify));
        Assert.Equal(
            [.. Enumerable.Repeat(IoOperations.Write, 4), IoOperations.Flush, .. Enumerable.Repeat(IoOperations.Read, 4)],
            mirror.Log.Select(entry => entry.Operation));
    }

    [Fact]
    public async Task give_the_hash_of_source_and_destinations()
    {
        var source = Random(64 * Piece + 777);
        var region = source.Region(9, 200);
        IoRegion[] destinations = [BlockDevice.Memory(200 * 512).Whole(), BlockDevice.Memory(300 * 512).Region(50, 200)];
        var result = await Soon(Client().CopyAsync(region, destinations, CopyFlags.VerifyHash));
        var expected = Convert.ToHexStringLower(SHA256.HashData(source.Bytes.Slice(9 * 512, 200 * 512)));
        Assert.Equal(expected, result.SourceSha256);
        Assert.All(result.Destinations, destination => Assert.Equal(expected, destination.Sha256));
    }

    [Fact]
    public async Task give_the_hash_of_what_a_wrong_destination_really_holds()
    {
        var under = BlockDevice.Memory(64 * Piece);
        var wrong = new CorruptingDevice(under, at: 5);
        var result = await Soon(Client().CopyAsync(Random(64 * Piece).Whole(), Whole(wrong), CopyFlags.VerifyHash | CopyFlags.IgnoreError));
        Assert.Equal(1UL, result.WriteErrors);
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(under.Bytes)), result.Destinations[0].Sha256);
        Assert.NotEqual(result.SourceSha256, result.Destinations[0].Sha256);
    }

    [Fact]
    public async Task give_no_hash_of_a_region_that_was_not_read_back_whole()
    {
        var under = BlockDevice.Memory(64 * Piece);
        var unreadable = new CorruptingDevice(under, at: 5).WithErrors([ByteRange.Sectors(300)], operations: IoOperations.Read);
        var mirrors = Whole(unreadable, BlockDevice.Memory(64 * Piece));
        var result = await Soon(Client().CopyAsync(Random(64 * Piece).Whole(), mirrors, CopyFlags.VerifyHash | CopyFlags.IgnoreError));
        Assert.Equal(IoError.VerifyMismatch, result.Destinations[0].Fault!.Error);
        Assert.Null(result.Destinations[0].Sha256);
        Assert.Equal(result.SourceSha256, result.Destinations[1].Sha256);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task take_unreadable_ranges_for_the_zeroes_that_were_written(CopyFlags way)
    {
        var memory = Random(64 * Piece);
        ByteRange[] bad = [ByteRange.Sectors(0), ByteRange.Sectors(7, 2), ByteRange.Sectors(100, 30)];
        var result = await Soon(Client().CopyAsync(memory.WithErrors(bad).Whole(), Whole(Mirrors(2, 64 * Piece)), way | CopyFlags.IgnoreError));
        Assert.Equal((true, 0UL, 3), (result.ReadError, result.WriteErrors, result.Unreadable.Count));
        foreach (var range in bad)
            memory.Bytes.Slice((int)range.Offset, (int)range.Length).Clear();
        if (way == CopyFlags.VerifyHash)
        {
            var expected = Convert.ToHexStringLower(SHA256.HashData(memory.Bytes));
            Assert.Equal(expected, result.SourceSha256);
            Assert.All(result.Destinations, destination => Assert.Equal(expected, destination.Sha256));
        }
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task hold_for_a_zeroing(CopyFlags way)
    {
        var (good, corrupt) = (BlockDevice.Memory(64 * Piece), new CorruptingDevice(BlockDevice.Memory(64 * Piece), at: 9000));
        var result = await Soon(Client().ZeroAsync(Whole(good, corrupt), way | CopyFlags.IgnoreError));
        Assert.Equal((false, 0b10UL), (result.ReadError, result.WriteErrors));
        Assert.Null(result.SourceSha256);
        if (way == CopyFlags.VerifyHash)
            Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(new byte[64 * Piece])), result.Destinations[0].Sha256);
    }

    [Fact]
    public async Task call_a_destination_that_cannot_be_read_back_failed()
    {
        var writeOnly = BlockDevice.Memory(8 * Piece, name: "wo").WithErrorAt(1, long.MaxValue, IoError.Io, IoOperations.Read);
        var result = await Soon(Client().CopyAsync(Random(8 * Piece).Whole(), Whole(writeOnly), CopyFlags.Verify));
        Assert.Equal((false, 1UL), (result.ReadError, result.WriteErrors));
        Assert.Contains("wo: reading back failed at sector", result.Destinations[0].Fault!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task not_begin_after_an_error()
    {
        var mirror = new CountingDevice(BlockDevice.Memory(8 * Piece));
        var result = await Soon(Client().CopyAsync(Random(8 * Piece).WithErrorAt(8, long.MaxValue).Whole(), Whole(mirror), CopyFlags.Verify));
        Assert.True(result.ReadError);
        Assert.Equal((0, 0), (mirror.Reads, mirror.Flushes));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task survive_a_device_that_vanishes_in_the_middle_of_it(bool hashes)
    {
        var client = Client();
        var vanishing = BlockDevice.Memory(32 * Piece).WithCrash(5, IoOperations.Read);
        var mirrors = Whole(vanishing, BlockDevice.Memory(32 * Piece));
        var result = await Soon(client.CopyAsync(Random(32 * Piece).Whole(), mirrors, hashes ? CopyFlags.VerifyHash : CopyFlags.Verify));
        Assert.Equal((false, 1UL), (result.ReadError, result.WriteErrors));
        Assert.Equal(IoError.WorkerCrashed, result.Destinations[0].Fault!.Error);
        await Soon(client.DestroyAsync());
    }

    /// <summary>Writes one bit incorrectly, without an error.</summary>
    private sealed class CorruptingDevice(IBlockDevice inner, long at) : DeviceLayer(inner)
    {
        public override DeviceFeatures Features => DeviceFeatures.None;

        public override ValueTask<IoResult> WriteAsync(long offset, ReadOnlyMemory<byte> buffer)
        {
            if (at < offset || at >= offset + buffer.Length)
                return base.WriteAsync(offset, buffer);
            var wrong = buffer.ToArray();
            wrong[at - offset] ^= 4;
            return base.WriteAsync(offset, wrong);
        }
    }
}
