using Kcopyd.Actors.Faults;
using Kcopyd.Actors.Tests.Devices;
using Xunit;

namespace Kcopyd.Actors.Tests.Jobs;

public sealed class Clone_should : EngineSpec
{
    private const int Length = 32 * Piece;

    [Fact]
    public async Task leave_nothing_to_read_and_write_where_it_works()
    {
        var (source, copy) = (Source(), new OffloadingDevice(Length));
        var result = await Soon(Client().CopyAsync(source.Whole(), Whole(copy)));
        Assert.True(result.IsSuccess, result.ToString());
        Assert.Equal([("Reflink", 0L, (long)Length)], copy.Log);
        Assert.Empty(source.Log);
        Assert.Equal(new OffloadedBytes { Reflink = Length }, result.Offloaded);
        Assert.Equal(Length, result.Destinations[0].Bytes);
        AssertSame(source, copy);
    }

    [Fact]
    public async Task be_followed_by_a_copy_of_what_it_left()
    {
        var source = Source();
        var half = new OffloadingDevice(Length)
        {
            Clones = (_, offset, length) => offset == 0 ? IoResult.Success(length / 2) : IoResult.Failure(IoError.NotSupported),
        };
        var failing = new OffloadingDevice(Length) { Clones = (_, _, _) => IoResult.Failure(IoError.Io, 3 * Piece) };
        var whole = new OffloadingDevice(Length);
        var refusing = new OffloadingDevice(Length) { Clones = (_, _, _) => IoResult.Success(0) };
        var result = await Soon(Client().CopyAsync(source.Whole(), Whole(half, failing, whole, refusing)));
        Assert.True(result.IsSuccess, result.ToString());
        Assert.Equal((Length / 2) + (3 * Piece) + Length, result.Offloaded.Reflink);
        Assert.All(result.Destinations, destination => Assert.Equal(Length, destination.Bytes));
        Assert.Equal(Length / 2, half.Asked("write").Min(write => write.Offset));
        Assert.Equal(3 * Piece, failing.Asked("write").Min(write => write.Offset));
        Assert.Empty(whole.Asked("write"));
        Assert.All([half, failing, whole, refusing], copy => AssertSame(source, copy));
    }

    [Fact]
    public async Task go_from_one_way_to_the_next_and_stay_with_the_one_that_works()
    {
        var source = Source();
        var copy = new OffloadingDevice(Length, OffloadKinds.Reflink | OffloadKinds.ServerCopy | OffloadKinds.KernelCopy)
        {
            Clones = (kind, _, length) => kind == OffloadKinds.KernelCopy ? IoResult.Success(length) : IoResult.Failure(IoError.NotSupported),
        };
        var result = await Soon(Client(s => s with { Offload = OffloadKinds.All }).CopyAsync(source.Whole(), Whole(copy)));
        Assert.Equal(["Reflink", "ServerCopy", "KernelCopy"], copy.Log.Select(entry => entry.What));
        Assert.Equal(Length, result.Offloaded.KernelCopy);
        AssertSame(source, copy);
    }

    [Theory]
    [InlineData(OffloadKinds.Reflink, CopyFlags.Sequential, 0L, 100)]
    [InlineData(OffloadKinds.Reflink, CopyFlags.None, 1L << 40, 100)]
    [InlineData(OffloadKinds.Reflink, CopyFlags.None, 0L, 99)]
    [InlineData(OffloadKinds.ServerCopy, CopyFlags.None, 0L, 100)]
    [InlineData(OffloadKinds.None, CopyFlags.None, 0L, 100)]
    [InlineData(OffloadKinds.Reflink, CopyFlags.IgnoreError, 0L, 100)]     // bad sectors must be found
    public async Task not_be_tried_in_order_or_at_a_limited_rate_or_where_errors_are_ignored_or_if_it_is_switched_off(
        OffloadKinds allowed, CopyFlags flags, long bytesPerSecond, int percent)
    {
        var (source, copy) = (Source(), new OffloadingDevice(Length));
        var client = Client(s => s with { Offload = allowed }, new KcopydThrottle(percent, bytesPerSecond));
        Assert.Equal(default, (await Soon(client.CopyAsync(source.Whole(), Whole(copy), flags))).Offloaded);
        Assert.Empty(copy.Asked("Reflink"));
        AssertSame(source, copy);
    }

    [Fact]
    public async Task not_be_tried_for_a_small_job()
    {
        var (source, copy) = (Source(), new OffloadingDevice(Length));
        await Soon(Client(s => s with { SubJobSize = 1 << 20 }).CopyAsync(source.Region(0, 128), [copy.Region(0, 128)]));
        Assert.Empty(copy.Asked("Reflink"));
    }

    [Fact]
    public async Task begin_where_blocks_of_the_source_begin()
    {
        var (source, copy) = (Source(), new OffloadingDevice(Length));
        var result = await Soon(Client().CopyAsync(source.Region(3, 100), [copy.Region(11, 100)]));
        Assert.True(result.IsSuccess);
        Assert.Equal([(16L * 512, 95L * 512)], copy.Asked("Reflink"));
        Assert.Equal([(11L * 512, 5L * 512)], copy.Asked("write"));
        Assert.Equal(source.Bytes.Slice(3 * 512, 100 * 512).ToArray(), copy.Bytes.Slice(11 * 512, 100 * 512).ToArray());
    }

    [Fact]
    public async Task not_go_past_a_layer_above_the_source_or_the_destination()
    {
        var source = Source();
        var bad = Source().WithErrors(ByteRange.Sectors(9));
        var full = new OffloadingDevice(Length).WithErrorAt(1, long.MaxValue, IoError.NoSpace);
        Assert.Equal(1UL, (await Soon(Client().CopyAsync(source.Whole(), Whole(full)))).WriteErrors);
        Assert.True((await Soon(Client().CopyAsync(bad.Whole(), Whole(new OffloadingDevice(Length))))).ReadError);
    }

    [Fact]
    public async Task be_compared_with_the_source_as_everything_else()
    {
        var source = Source();
        OffloadingDevice? wrong = null;
        wrong = new OffloadingDevice(Length) { Clones = (_, _, length) => length == 0 ? default : IoResult.Success(length) };
        var garbled = new Garbling(wrong);
        var result = await Soon(Client().CopyAsync(source.Whole(), Whole(garbled), CopyFlags.Verify));
        Assert.Equal(Length, result.Offloaded.Reflink);
        Assert.Equal(IoError.VerifyMismatch, result.Destinations[0].Fault?.Error);
    }

    [Fact]
    public async Task cost_nobody_his_client_if_the_device_cannot_even_say_whether()
    {
        var (source, copy) = (Source(), new OffloadingDevice(Length) { ThrowsWhenAskedToClone = () => new IOException("vanished") });
        Assert.True((await Soon(Client().CopyAsync(source.Whole(), Whole(copy)))).IsSuccess);
        AssertSame(source, copy);
    }

    [Fact]
    public async Task end_when_a_limit_is_set_meanwhile()
    {
        KcopydClient? client = null;
        var (source, copy) = (new OffloadingDevice(80 << 20, OffloadKinds.ServerCopy), new OffloadingDevice(80 << 20, OffloadKinds.ServerCopy)
        {
            Cloning = () => client!.Throttle.Set(100, 1L << 40),
        });
        client = Client(s => s with { SubJobSize = 1 << 20 });
        var result = await Soon(client.CopyAsync(source.Whole(), Whole(copy)));
        Assert.True(result.IsSuccess);
        Assert.Single(copy.Asked("ServerCopy"));
        Assert.Equal(32 << 20, result.Offloaded.ServerCopy);
    }

    [Fact]
    public async Task not_go_on_behind_a_piece_that_it_left_half_done()
    {
        const int Large = 80 << 20;
        var (source, copy, whole) = (new OffloadingDevice(Large, OffloadKinds.ServerCopy), new OffloadingDevice(Large, OffloadKinds.ServerCopy)
        {
            Clones = (_, offset, length) => offset == 16 << 20 ? IoResult.Failure(IoError.Io) : IoResult.Success(Math.Min(length, 16 << 20)),
        }, new OffloadingDevice(Large, OffloadKinds.ServerCopy));
        source.Bytes.Fill(7);
        var result = await Soon(Client(s => s with { SubJobSize = 1 << 20 }).CopyAsync(source.Whole(), Whole(copy, whole)));
        Assert.True(result.IsSuccess);
        Assert.Equal((16 << 20) + Large, result.Offloaded.ServerCopy);
        Assert.All(result.Destinations, destination => Assert.Equal(Large, destination.Bytes));
        AssertSame(source, copy);
        AssertSame(source, whole);
    }

    [Fact]
    public async Task stop_between_two_pieces_when_the_job_is_cancelled()
    {
        var job = new TaskCompletionSource<KcopydJob>();
        var cancelled = 0;
        var (source, copy) = (new OffloadingDevice(80 << 20, OffloadKinds.ServerCopy), new OffloadingDevice(80 << 20, OffloadKinds.ServerCopy)
        {
            Cloning = () => { if (Interlocked.Increment(ref cancelled) == 1) job.Task.GetAwaiter().GetResult().Cancel(); },
        });
        var running = Client().CopyAsync(source.Whole(), Whole(copy), CopyFlags.None, out var handle);
        job.SetResult(handle);
        var result = await Soon(running);
        Assert.True(result.IsCancelled);
        Assert.Equal((32L << 20, 1UL), (result.Destinations[0].Bytes, result.WriteErrors));
        Assert.Single(copy.Asked("ServerCopy"));
    }

    [Fact]
    public async Task not_go_on_behind_a_piece_whose_worker_was_killed()
    {
        const int Large = 33 << 20;     // two pieces
        var (hangs, never) = (new TaskCompletionSource(), new TaskCompletionSource<IoResult>());
        var (source, copy) = (new OffloadingDevice(Large, OffloadKinds.ServerCopy), new OffloadingDevice(Large, OffloadKinds.ServerCopy)
        {
            Holds = offset =>
            {
                if (offset > 0)
                    return null;
                hangs.SetResult();
                return never.Task;
            },
        });
        source.Bytes.Fill(7);
        var client = Client(s => s with { SubJobSize = 1 << 20 });
        var running = client.CopyAsync(source.Whole(), Whole(copy), CopyFlags.IgnoreError);
        await Soon(hangs.Task);
        Sys.ActorSelection(client.Actor.Path / "*").Tell(Akka.Actor.Kill.Instance);
        var result = await Soon(running);
        Assert.Equal((1UL, IoError.WorkerCrashed), (result.WriteErrors, result.Destinations[0].Fault!.Error));
        AssertSame(source, copy);       // the whole region was copied nevertheless
        never.SetResult(default);
    }

    [Fact]
    public async Task not_be_compared_where_the_source_could_not_be_read()
    {
        var source = ServerDevice(bad: 5 * Piece + 512);
        Bytes.Random(Length, 1).CopyTo(source.Bytes);
        var (clone, copy) = (ServerDevice(), BlockDevice.Memory(Length));
        var result = await Soon(Client(s => s with { Offload = OffloadKinds.All }).CopyAsync(
            source.Whole(), Whole(clone, copy), CopyFlags.IgnoreError | CopyFlags.VerifyHash));
        Assert.True(result.ReadError);
        Assert.Equal(Length, result.Offloaded.ServerCopy);
        Assert.Equal(0UL, result.WriteErrors);
        AssertSame(source, clone);
        Assert.False(copy.Bytes.Slice((int)source.BadSector, 512).ContainsAnyExcept((byte)0));
    }

    [Fact]
    public async Task be_compared_on_both_sides_of_what_could_not_be_read()
    {
        var source = ServerDevice(bad: 5 * Piece + 512);
        Bytes.Random(Length, 1).CopyTo(source.Bytes);
        var (before, after) = (new Garbling(ServerDevice(), 5 * Piece + 511), new Garbling(ServerDevice(), 5 * Piece + 1024));
        var result = await Soon(Client(s => s with { Offload = OffloadKinds.All }).CopyAsync(
            source.Whole(), Whole(before, after, BlockDevice.Memory(Length)), CopyFlags.IgnoreError | CopyFlags.Verify));
        Assert.Equal(3UL, result.WriteErrors);
    }

    private static OffloadingDevice ServerDevice(long bad = -1) => new(Length, OffloadKinds.ServerCopy) { BadSector = bad };

    private static OffloadingDevice Source()
    {
        var device = new OffloadingDevice(Length);
        Bytes.Random(Length, 1).CopyTo(device.Bytes);
        return device;
    }

    private static void AssertSame(OffloadingDevice source, OffloadingDevice copy) =>
        Assert.True(source.Bytes.SequenceEqual(copy.Bytes), "the contents differ");

    /// <summary>Forwards clones, and then corrupts one byte.</summary>
    private sealed class Garbling(OffloadingDevice inner, int at = 777) : DeviceLayer(inner)
    {
        public override DeviceFeatures Features => inner.Features;

        public override OffloadKinds CloneKinds(IBlockDevice source) => inner.CloneKinds(source);

        public override async ValueTask<IoResult> CloneFromAsync(IBlockDevice source, long sourceOffset, long offset, long length, OffloadKinds kind)
        {
            var result = await inner.CloneFromAsync(source, sourceOffset, offset, length, kind);
            inner.Bytes[at] ^= 1;
            return result;
        }
    }
}
