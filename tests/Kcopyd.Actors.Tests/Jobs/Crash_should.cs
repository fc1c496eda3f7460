using System.Collections.Concurrent;
using Akka.Actor;
using Kcopyd.Actors.Faults;
using Xunit;

namespace Kcopyd.Actors.Tests.Jobs;

/// <summary>Workers die because a device throws or because they are killed.</summary>
public sealed class Crash_should : EngineSpec
{
    [Fact]
    public async Task of_a_writer_set_only_the_bit_of_its_destination()
    {
        var client = Client();
        var good = BlockDevice.Memory(Piece);
        var source = Random(Piece);
        var result = await Soon(client.CopyAsync(source.Whole(), Whole(good, BlockDevice.Memory(Piece, name: "gone").WithCrash())));
        Assert.Equal((false, 0b10UL), (result.ReadError, result.WriteErrors));
        Assert.Null(result.Destinations[0].Fault);
        Assert.Equal((IoError.WorkerCrashed, 0L), (result.Destinations[1].Fault!.Error, result.Destinations[1].Fault!.Sector));
        Assert.Contains("gone: write failed at sector 0", result.Destinations[1].Fault!.Message, StringComparison.Ordinal);
        Assert.True(source.Bytes.SequenceEqual(good.Bytes));
    }

    [Fact]
    public async Task be_logged_with_its_exception() =>
        await EventFilter.Exception<IOException>(contains: "has vanished").ExpectOneAsync(
            () => Soon(Client().CopyAsync(Random(Piece).Whole(), Whole(BlockDevice.Memory(Piece).WithCrash()))));

    [Fact]
    public async Task of_a_reader_be_a_read_error()
    {
        var mirror = BlockDevice.Memory(Piece);
        var result = await Soon(Client().CopyAsync(Random(Piece).WithCrash().Whole(), [mirror.Whole()]));
        Assert.Equal((true, 0UL), (result.ReadError, result.WriteErrors));
        Assert.Equal((IoError.WorkerCrashed, 0L), (result.ReadFault!.Error, result.ReadFault.Sector));
        Assert.False(mirror.Bytes.ContainsAnyExcept((byte)0));
    }

    [Theory]
    [InlineData(CopyFlags.None)]
    [InlineData(CopyFlags.IgnoreError)]
    [InlineData(CopyFlags.Sequential)]
    public async Task be_notified_once_and_the_client_live_on_with_other_crews(CopyFlags flags)
    {
        var client = Client();
        var results = new ConcurrentQueue<(bool, ulong)>();
        for (var i = 0; i < 20; i++)
        {
            var source = Random(32 * Piece).WithCrash(1 + i % 5);
            client.Copy(source.Whole(), Whole(Mirrors(2, 32 * Piece)), flags, (read, write, _) => results.Enqueue((read, write)));
            var bad = BlockDevice.Memory(32 * Piece).WithCrash(1 + i % 7);
            client.Copy(Random(32 * Piece).Whole(), Whole(BlockDevice.Memory(32 * Piece), bad), flags, (read, write, _) => results.Enqueue((read, write)));
        }
        await Until(() => results.Count == 40);
        Assert.Equal(20, results.Count(result => result == (true, 0UL)));
        Assert.Equal(20, results.Count(result => result == (false, 0b10UL)));
        Assert.True((await Soon(client.CopyAsync(Random(Piece).Whole(), Whole(Mirrors(2, Piece))))).IsSuccess);
        await Soon(client.DestroyAsync());
        Assert.Equal(40, results.Count);
    }

    [Fact]
    public async Task let_every_destination_go_on_if_errors_are_ignored()
    {
        var good = BlockDevice.Memory(32 * Piece);
        var source = Random(32 * Piece);
        var crashing = BlockDevice.Memory(32 * Piece).WithCrash(3);
        var result = await Soon(Client().CopyAsync(source.Whole(), Whole(good, crashing), CopyFlags.IgnoreError));
        Assert.Equal((false, 0b10UL), (result.ReadError, result.WriteErrors));
        Assert.True(source.Bytes.SequenceEqual(good.Bytes));
    }

    [Fact]
    public async Task come_from_a_device_that_claims_more_than_it_was_given()
    {
        var result = await Soon(Client().CopyAsync(Random(Piece).Whole(), Whole(new BoastingDevice(BlockDevice.Memory(Piece)), BlockDevice.Memory(Piece))));
        Assert.Equal(1UL, result.WriteErrors);
        Assert.Equal(IoError.WorkerCrashed, result.Destinations[0].Fault!.Error);
    }

    [Theory]
    [InlineData(false, CopyFlags.None)]
    [InlineData(false, CopyFlags.Sequential)]
    [InlineData(true, CopyFlags.None)]
    [InlineData(true, CopyFlags.IgnoreError)]
    [InlineData(true, CopyFlags.Sequential)]
    public async Task by_killing_every_worker_in_the_middle_be_told_once(bool whileReading, CopyFlags flags)
    {
        var client = Client(s => s with { SubJobsPerJob = 4 });
        IBlockDevice source = Random(16 * Piece), mirror = BlockDevice.Memory(16 * Piece);
        var stall = whileReading ? source.WithStall(IoOperations.Read) : mirror.WithStall(IoOperations.Write);
        var told = new ConcurrentQueue<CopyResult>();
        client.Copy((whileReading ? stall : source).Whole(), [(whileReading ? mirror : stall).Whole()], flags, told.Enqueue);
        // Waits until all I/Os are stalled, so that no crew is hired after the kill. A sequential job writes one piece at a time.
        await Soon(stall.WaitingAsync(!whileReading && flags == CopyFlags.Sequential ? 1 : 4));

        Sys.ActorSelection(client.Actor.Path / "*").Tell(Kill.Instance);
        await Until(() => !told.IsEmpty);

        stall.Release();
        await Soon(client.DestroyAsync());
        var result = Assert.Single(told);
        if (whileReading)
            Assert.Equal((true, IoError.WorkerCrashed), (result.ReadError, result.ReadFault!.Error));
        else
            Assert.Equal((1UL, IoError.WorkerCrashed), (result.WriteErrors, result.Destinations[0].Fault!.Error));
    }

    [Fact]
    public async Task of_idle_workers_only_replace_them()
    {
        var client = Client();
        await Soon(client.CopyAsync(Random(32 * Piece).Whole(), Whole(Mirrors(2, 32 * Piece))));
        Sys.ActorSelection(client.Actor.Path / "*").Tell(PoisonPill.Instance);
        await Until(async () => (await client.GetStatusAsync()).Crews == 0);
        Assert.True((await Soon(client.CopyAsync(Random(32 * Piece).Whole(), Whole(Mirrors(2, 32 * Piece))))).IsSuccess);
    }

    [Fact]
    public async Task not_leave_pages_or_crews_behind()
    {
        var client = Client(s => s with { PagePoolSize = 4 * Piece });
        for (var i = 0; i < 50; i++)
            await Soon(client.CopyAsync(Random(Piece).WithCrash().Whole(), Whole(BlockDevice.Memory(Piece).WithCrash())));
        await Until(async () => await client.GetStatusAsync() is { Crews: 0, PageBytesInUse: 0, PageBytesHeld: <= 4 * Piece });
        Assert.True((await Soon(client.CopyAsync(Random(64 * Piece).Whole(), Whole(Mirrors(2, 64 * Piece))))).IsSuccess);
    }

    private sealed class BoastingDevice(IBlockDevice inner) : DeviceLayer(inner)
    {
        public override ValueTask<IoResult> WriteAsync(long offset, ReadOnlyMemory<byte> buffer) => new(IoResult.Success(buffer.Length + 1));
    }
}
