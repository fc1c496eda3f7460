using Kcopyd.Actors.Faults;
using Xunit;

namespace Kcopyd.Actors.Tests.Jobs;

public sealed class Sequential_should : EngineSpec
{
    [Fact]
    public async Task write_every_destination_strictly_in_order()
    {
        // Reads end in scrambled order; each write begins where the last one ended.
        var memory = Random(64 * Piece);
        var source = new ScramblingDevice(memory);
        var mirrors = Mirrors(3, 64 * Piece);
        var zoned = mirrors.Select(mirror => new CountingDevice(mirror)).ToArray();
        var result = await Soon(Client().CopyAsync(source.Whole(), Whole(zoned), CopyFlags.Sequential));
        Assert.True(result.IsSuccess, result.ToString());
        Assert.All(zoned, zone => Assert.Equal(Enumerable.Range(0, 64).Select(i => (long)i * Piece), zone.Log.Select(entry => entry.Offset)));
        Assert.All(mirrors, mirror => Assert.True(memory.Bytes.SequenceEqual(mirror.Bytes)));
    }

    [Fact]
    public async Task not_be_promised_without_the_flag()
    {
        // The counterpart: proves that the test above would notice the scrambling.
        var zoned = new CountingDevice(BlockDevice.Memory(64 * Piece));
        await Soon(Client().CopyAsync(new ScramblingDevice(Random(64 * Piece)).Whole(), Whole(zoned)));
        Assert.NotEqual(Enumerable.Range(0, 64).Select(i => (long)i * Piece), zoned.Log.Select(entry => entry.Offset));
    }

    [Theory]
    [InlineData(CopyFlags.Sequential)]
    [InlineData(CopyFlags.Sequential | CopyFlags.IgnoreError)]
    public async Task write_nothing_after_a_write_error_and_ignore_no_error(CopyFlags flags)
    {
        var good = new CountingDevice(BlockDevice.Memory(64 * Piece));
        var bad = new CountingDevice(BlockDevice.Memory(64 * Piece).WithErrors(new ByteRange(5 * Piece, 512)));
        var result = await Soon(Client().CopyAsync(Random(64 * Piece).Whole(), Whole(good, bad), flags));
        Assert.Equal((false, 0b10UL), (result.ReadError, result.WriteErrors));
        Assert.Equal((6, 6), (good.Writes, bad.Writes));
        Assert.Equal(5 * Piece, result.Destinations[1].Bytes);
        Assert.Equal(40, result.Destinations[1].Fault!.Sector);
    }

    [Theory]
    [InlineData(CopyFlags.Sequential)]
    [InlineData(CopyFlags.Sequential | CopyFlags.IgnoreError)]
    public async Task write_what_was_read_before_a_read_error_and_nothing_after_it(CopyFlags flags)
    {
        var mirror = new CountingDevice(BlockDevice.Memory(64 * Piece));
        var source = Random(64 * Piece).WithErrors(new ByteRange(5 * Piece, 512));
        var result = await Soon(Client().CopyAsync(source.Whole(), Whole(mirror), flags));
        Assert.Equal((true, 0UL), (result.ReadError, result.WriteErrors));
        Assert.InRange(mirror.Writes, 0, 5);
        Assert.Equal(Enumerable.Range(0, mirror.Writes).Select(i => (long)i * Piece), mirror.Log.Select(entry => entry.Offset));
        Assert.Empty(result.Unreadable);
    }

    [Fact]
    public async Task hold_for_a_zeroing()
    {
        var zone = new CountingDevice(BlockDevice.Memory(32 * Piece));
        Assert.True((await Soon(Client().ZeroAsync(Whole(zone), CopyFlags.Sequential))).IsSuccess);
        var at = 0L;
        foreach (var (_, offset, length) in zone.Log)
        {
            Assert.Equal(at, offset);
            at += length;
        }
        Assert.Equal(32 * Piece, at);
    }

    [Fact]
    public async Task write_nothing_after_a_cancel()
    {
        var zone = BlockDevice.Memory(64 * Piece).WithStall(IoOperations.Write);
        var counted = new CountingDevice(zone);
        var copy = Client().CopyAsync(Random(64 * Piece).Whole(), Whole(counted), CopyFlags.Sequential, out var job);
        await Soon(zone.WaitingAsync());
        job.Cancel();
        Assert.Equal(JobState.Stopping, (await job.GetProgressAsync())!.State);
        zone.Release();
        Assert.True((await Soon(copy)).IsCancelled);
        Assert.Equal(1, counted.Writes);
    }

    /// <summary>Every fourth read ends after the next one, which is always in flight by then: a job reads ahead in order.</summary>
    private sealed class ScramblingDevice(IBlockDevice inner) : DeviceLayer(inner)
    {
        private readonly TaskCompletionSource[] _read =
        [
            .. Enumerable.Range(0, (int)(inner.Length / Piece))
                .Select(_ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)),
        ];

        public override async ValueTask<IoResult> ReadAsync(long offset, Memory<byte> buffer)
        {
            var piece = (int)(offset / Piece);
            if (piece % 4 == 0)
            {
                await _read[piece + 1].Task;
                for (var i = 0; i < 10; i++)
                    await Task.Yield();
            }
            var result = await Inner.ReadAsync(offset, buffer);
            _read[piece].TrySetResult();
            return result;
        }
    }
}
