using Kcopyd.Actors.Nbd;
using Kcopyd.Actors.Nbd.Client;
using Kcopyd.Actors.Nbd.Protocol;
using Kcopyd.Actors.Tests.Devices;
using Xunit;

namespace Kcopyd.Actors.Tests.Nbd.Client;

public sealed class Unflushed_writes_should : NbdClientSpec
{
    [Fact]
    public async Task be_flushed_by_the_device_itself_before_they_are_more_than_the_limit()
    {
        long unflushed = 0, most = 0, flushes = 0;
        var server = Serve(new FakeExport(16 << 20), async connection =>
        {
            while (await connection.RequestAsync() is { } request)
            {
                most = Math.Max(most, unflushed += request.Data.Length);
                if (request.Command == NbdCommand.Flush)
                    (unflushed, flushes) = (0, flushes + 1);
                await connection.SimpleAsync(request.Cookie);
            }
        });
        var device = await OpenAsync(server, new NbdClientOptions { UnflushedLimit = 1 << 20 });

        var data = Bytes.Random(64 << 10);
        var writes = Enumerable.Range(0, 256).Select(i => device.WriteAsync(i * data.Length, data).AsTask()).ToList();

        Assert.All(await Soon(Task.WhenAll(writes)), result => Assert.Equal(IoResult.Success(data.Length), result));
        Assert.InRange(flushes, 15, 256);
        Assert.InRange(most, 512 << 10, 1 << 20);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1 << 20)]
    public async Task be_lost_for_good_when_the_server_fails_a_flush_and_says_the_next_one_went_well(long limit)
    {
        var flushes = 0;
        var device = await OpenAsync(Serve(new FakeExport(), async connection =>
        {
            while (await connection.RequestAsync() is { } request)
            {
                var isFirstFlush = request.Command == NbdCommand.Flush && flushes++ == 0;
                await connection.SimpleAsync(request.Cookie, isFirstFlush ? NbdError.NoSpace : NbdError.None);
            }
        }), new NbdClientOptions { UnflushedLimit = limit });
        Assert.True((await Soon(device.WriteAsync(0, new byte[512]).AsTask())).IsSuccess);
        Assert.Equal(IoError.NoSpace, (await Soon(device.FlushAsync().AsTask())).Error);
        Assert.Equal(IoError.NoSpace, (await Soon(device.FlushAsync().AsTask())).Error);
    }

    [Fact]
    public async Task be_written_short_if_one_is_larger_than_the_limit()
    {
        var device = await OpenAsync(Serve(new FakeExport(16 << 20), async connection =>
        {
            while (await connection.RequestAsync() is { } request)
                await connection.SimpleAsync(request.Cookie);
        }), new NbdClientOptions { UnflushedLimit = 1 << 20 });
        Assert.Equal(IoResult.Success(1 << 20), await Soon(device.WriteAsync(0, new byte[4 << 20]).AsTask()));
    }

    [Fact]
    public async Task be_forced_where_the_server_can_and_flushed_where_it_cannot()
    {
        foreach (var canForce in new[] { true, false })
        {
            var seen = new List<(NbdCommand, CommandFlags)>();
            var export = new FakeExport();
            if (!canForce)
                export = export with { Flags = TransmissionFlags.HasFlags | TransmissionFlags.SendFlush };
            var device = await OpenAsync(Serve(export, async connection =>
            {
                while (await connection.RequestAsync() is { } request)
                {
                    seen.Add((request.Command, request.Flags));
                    await connection.SimpleAsync(request.Cookie);
                }
            }));
            Assert.Equal(IoResult.Success(512), await Soon(device.WriteThroughAsync(0, new byte[512]).AsTask()));
            Assert.Equal(
                canForce ? [(NbdCommand.Write, CommandFlags.Fua)] : [(NbdCommand.Write, CommandFlags.None), (NbdCommand.Flush, CommandFlags.None)], seen);
        }
    }

    [Fact]
    public void be_kept_in_order_whole_and_no_longer_than_to_their_mark()
    {
        var random = new Random(1);
        var writes = new UnflushedWrites();
        var model = new Queue<(long Number, long Offset, byte[] Data)>();
        for (var i = 0; i < 500; i++)
        {
            var data = random.Next(5) == 0 ? [] : Bytes.Random(random.Next(1, 30_000) * random.Next(1, 10), i);
            var number = writes.End;
            writes.Add(data.Length == 0 ? NbdCommand.WriteZeroes : NbdCommand.Write, CommandFlags.None, i, data.Length, data);
            model.Enqueue((number, i, data));
            if (random.Next(8) == 0)
            {
                var mark = random.Next(2) == 0 ? writes.End : model.ElementAt(random.Next(model.Count)).Number;
                writes.DropBefore(mark);
                while (model.TryPeek(out var oldest) && oldest.Number < mark)
                    model.Dequeue();
            }
            var at = writes.First;
            foreach (var (_, offset, expected) in model)
            {
                var parts = new List<byte>();
                do
                {
                    Assert.Equal(offset + parts.Count, writes[at].Offset);
                    parts.AddRange(writes[at++].Data.Span);
                }
                while (parts.Count < expected.Length);
                Assert.True(expected.AsSpan().SequenceEqual(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(parts)));
            }
            Assert.Equal(writes.End, at);
            Assert.Equal(model.Count == 0, writes.Bytes == 0);
        }
    }

    [Fact]
    public void not_be_written_again_where_something_newer_was_forced_to_the_medium()
    {
        var random = new Random(2);
        for (var run = 0; run < 200; run++)
        {
            var writes = new UnflushedWrites();
            var wanted = new byte[256];
            var isStable = new bool[256];
            for (byte i = 1; i < 30; i++)
            {
                var (at, length) = (random.Next(200), random.Next(1, 56));
                if (random.Next(3) == 0)
                    writes.AddStable(at, length);
                else
                    writes.Add(NbdCommand.Write, CommandFlags.None, at, length, Bytes.Filled(length, i));
                isStable.AsSpan(at, length).Fill(writes[writes.End - 1].IsStable);
                wanted.AsSpan(at, length).Fill(writes[writes.End - 1].IsStable ? (byte)0 : i);
            }
            var written = new byte[256];
            foreach (var write in writes.Plan())
                write.Data.Span.CopyTo(written.AsSpan((int)write.Offset, (int)write.Length));
            // Data older than a stable write must not be on the medium, not even briefly: only newer data is written there.
            Assert.Equal(wanted, written);
        }
    }
}
