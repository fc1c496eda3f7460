using System.IO.Pipelines;
using CsCheck;
using Kcopyd.Actors.Faults;
using Kcopyd.Actors.Tests.Devices;
using Xunit;

namespace Kcopyd.Actors.Tests.Jobs;

/// <summary>Sources and destinations without offsets, whose length is known only when they end.</summary>
public sealed class Streams_should : EngineSpec
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(Piece)]
    [InlineData(Piece + 1)]
    [InlineData(10 * Piece)]
    [InlineData(10 * Piece - 513)]
    public async Task be_copied_to_their_end_to_every_destination(int length)
    {
        using var folder = new TempFolder();
        var data = Bytes.Random(length);
        var memory = BlockDevice.Memory(20 * Piece);
        await using (var file = BlockDevice.Open(folder["copy"], new() { CreateNew = true, Grows = true }))
        {
            var result = await Soon(Client().CopyAsync(Stream(data).ToEnd(), [file.ToEnd(), memory.ToEnd(3)], CopyFlags.Flush));
            Assert.True(result.IsSuccess, result.ToString());
            Assert.Equal(length, result.Length);
            Assert.Equal([length, length], result.Destinations.Select(static destination => destination.Bytes));
        }
        Assert.Equal(data, File.ReadAllBytes(folder["copy"]));
        Assert.True(memory.Bytes.Slice(3 * 512, length).SequenceEqual(data));
        Assert.False(memory.Bytes[(3 * 512 + length)..].ContainsAnyExcept((byte)0));
    }

    [Fact]
    public void hold_whatever_pieces_they_come_in()
    {
        var client = Client(settings => settings with { SubJobSize = 4096, SubJobsPerJob = 4 });
        Gen.Select(Gen.Int[0, 60_000], Gen.Int[1, 9000], Gen.Int[0, 1000]).Sample((length, most, seed) =>
        {
            var data = Bytes.Random(length, seed);
            using var sink = new MemoryStream();
            var memory = BlockDevice.Memory(60_000);
            var result = client.CopyAsync(
                BlockDevice.FromStream(new Dribble(data, most, seed)).ToEnd(),
                [BlockDevice.ToStream(sink, leaveOpen: true).ToEnd(), memory.ToEnd()]).GetAwaiter().GetResult();
            return result.IsSuccess && result.Length == length && sink.ToArray().AsSpan().SequenceEqual(data) && memory.Bytes[..length].SequenceEqual(data);
        }, iter: 300, threads: 1);
    }

    [Fact]
    public async Task be_written_in_order_from_a_disk_while_other_destinations_are()
    {
        var source = Random(100 * Piece);
        using var sink = new MemoryStream();
        var mirror = BlockDevice.Memory(100 * Piece);
        var result = await Soon(Client().CopyAsync(source.Whole(), [BlockDevice.ToStream(sink).Region(0, 100 * Piece / 512), mirror.Whole()]));
        Assert.True(result.IsSuccess);
        Assert.True(source.Bytes.SequenceEqual(sink.ToArray()));
        Assert.True(source.Bytes.SequenceEqual(mirror.Bytes));
    }

    [Fact]
    public async Task take_zeroes_for_what_a_disk_cannot_read_if_errors_are_ignored()
    {
        var source = Random(10 * Piece);
        using var sink = new MemoryStream();
        var bad = source.WithErrors(ByteRange.Sectors(17));
        var result = await Soon(Client().CopyAsync(bad.Whole(), [BlockDevice.ToStream(sink).Region(0, 10 * Piece / 512)], CopyFlags.IgnoreError));
        Assert.Equal([new UnreadableRange(17 * 512, 512)], result.Unreadable);
        var wanted = source.Bytes.ToArray();
        wanted.AsSpan(17 * 512, 512).Clear();
        Assert.Equal(wanted, sink.ToArray());
    }

    [Fact]
    public async Task end_with_the_error_of_the_stream_and_say_how_far_they_came()
    {
        var data = Bytes.Random(10 * Piece);
        var memory = BlockDevice.Memory(20 * Piece);
        var result = await Soon(Client().CopyAsync(BlockDevice.FromStream(new Breaks(data), "pipe").ToEnd(), [memory.ToEnd()], CopyFlags.IgnoreError));
        Assert.Equal((true, IoError.Io), (result.ReadError, result.ReadFault!.Error));
        Assert.Equal("pipe: read failed at sector 80: Input/output error (errno 5)", result.ReadFault.Message);
        Assert.Equal(result.Length, result.Destinations[0].Bytes);
        Assert.InRange(result.Length, 0, 10 * Piece);
        Assert.True(memory.Bytes[..(int)result.Length].SequenceEqual(data.AsSpan(0, (int)result.Length)));
        Assert.Empty(result.Unreadable);
    }

    [Fact]
    public async Task set_the_bit_of_a_reader_that_left_and_go_on_with_the_others_if_ignored()
    {
        var source = Random(100 * Piece);
        var pipe = new Pipe(new PipeOptions(pauseWriterThreshold: 0));
        await pipe.Reader.CompleteAsync(new IOException("gone"));
        var mirror = BlockDevice.Memory(100 * Piece);
        var broken = new MemoryStream(new byte[3 * Piece]);      // has room for three pieces
        var full = BlockDevice.ToStream(new Full(broken)).Region(0, 100 * Piece / 512);
        var result = await Soon(Client().CopyAsync(source.Whole(), [full, mirror.Whole()], CopyFlags.IgnoreError));
        Assert.Equal((false, 1UL), (result.ReadError, result.WriteErrors));
        Assert.Equal(IoError.NoSpace, result.Destinations[0].Fault!.Error);
        Assert.True(source.Bytes.SequenceEqual(mirror.Bytes));
    }

    [Fact]
    public async Task have_no_space_on_a_device_that_is_too_small()
    {
        var (small, large) = (BlockDevice.Memory(3 * Piece), BlockDevice.Memory(20 * Piece));
        var data = Bytes.Random(10 * Piece);
        var result = await Soon(Client().CopyAsync(Stream(data).ToEnd(), [small.ToEnd(), large.ToEnd()], CopyFlags.IgnoreError));
        Assert.Equal(0b01UL, result.WriteErrors);
        Assert.Equal(IoError.NoSpace, result.Destinations[0].Fault!.Error);
        Assert.Equal(3 * Piece, result.Destinations[0].Bytes);
        Assert.True(large.Bytes[..(10 * Piece)].SequenceEqual(data));
    }

    [Fact]
    public async Task be_copied_in_part_where_the_region_says_so_and_be_too_short_for_one()
    {
        var data = Bytes.Random(10 * Piece);
        var memory = BlockDevice.Memory(10 * Piece);
        var result = await Soon(Client().CopyAsync(Stream(data).Region(0, 16), [memory.Region(0, 16)]));
        Assert.True(result.IsSuccess);
        Assert.True(memory.Bytes[..(16 * 512)].SequenceEqual(data.AsSpan(0, 16 * 512)));

        result = await Soon(Client().CopyAsync(Stream(data[..100]).Region(0, 16), [memory.Region(0, 16)]));
        Assert.Equal(IoError.EndOfDevice, result.ReadFault!.Error);
    }

    [Fact]
    public async Task grow_a_file_by_holes_where_zeroes_are_detected()
    {
        using var folder = new TempFolder();
        byte[] data = [.. Bytes.Random(Piece), .. new byte[64 * Piece], .. Bytes.Random(Piece), .. new byte[64 * Piece - 100]];
        await using (var file = BlockDevice.Open(folder["copy"], new() { CreateNew = true, Grows = true }))
        {
            var client = Client(settings => settings with { SubJobSize = 64 << 10, Offload = OffloadKinds.DetectZeroes | OffloadKinds.WriteZeroes });
            var result = await Soon(client.CopyAsync(Stream(data).ToEnd(), [file.ToEnd()], CopyFlags.Flush));
            Assert.True(result.IsSuccess);
            Assert.True(result.Offloaded.DetectedZeroes > 64 * Piece, result.Offloaded.ToString());
        }
        Assert.Equal(data, File.ReadAllBytes(folder["copy"]));
    }

    [Fact]
    public async Task not_hold_up_a_cancel_once_they_are_closed()
    {
        var pipe = new Pipe();
        var source = BlockDevice.FromStream(pipe.Reader.AsStream());
        using var cancel = new CancellationTokenSource();
        var copy = Client().CopyAsync(source.ToEnd(), [BlockDevice.Memory(Piece).ToEnd()], CopyFlags.None, cancel.Token);
        await cancel.CancelAsync();
        await pipe.Writer.WriteAsync(new byte[100]);
        await pipe.Writer.CompleteAsync();
        var cancelled = await Assert.ThrowsAsync<CopyCancelledException>(() => Soon(copy));
        Assert.Equal((true, 0), (cancelled.Result.IsCancelled, cancelled.Result.Destinations[0].Bytes));
    }

    [Fact]
    public void be_refused_where_they_cannot_be_what_is_asked_of_them()
    {
        var (client, memory, stream) = (Client(), BlockDevice.Memory(10 * Piece), Stream([1]));
        Refused("from", "must begin at sector 0", () => client.CopyAsync(stream.Region(1, 1), [memory.Region(0, 1)]));
        Refused("from", "only a stream can be read to its end", () => client.CopyAsync(memory.ToEnd(), [BlockDevice.Memory(Piece).ToEnd()]));
        Refused("flags", "cannot be read again to verify", () => client.CopyAsync(stream.ToEnd(), [memory.ToEnd()], CopyFlags.Verify));
        Refused("to[0]", "the job has", () => client.CopyAsync(stream.ToEnd(), [memory.Whole()]));
        Refused("to[0]", "begins past the end", () => client.CopyAsync(stream.ToEnd(), [memory.ToEnd(1000)]));
        Refused("to[1]", "overlaps destination 0", () => client.CopyAsync(stream.ToEnd(), [memory.ToEnd(), memory.ToEnd(8)]));
        Refused("to[0]", "must begin at sector 0", () => client.CopyAsync(memory.Region(0, 1), [BlockDevice.ToStream(new MemoryStream()).Region(1, 1)]));
        Refused("to[0]", "is read-only", () => client.CopyAsync(memory.Region(0, 1), [stream.Region(0, 1)]));

        static void Refused(string name, string message, Func<Task> copy)
        {
            var refused = Assert.Throws<ArgumentException>(() => { _ = copy(); });
            Assert.Equal(name, refused.ParamName);
            Assert.Contains(message, refused.Message, StringComparison.Ordinal);
        }
    }

    private static StreamSource Stream(byte[] data) => BlockDevice.FromStream(new MemoryStream(data));

    /// <summary>Returns its data in pieces of random length, sometimes asynchronously.</summary>
    private sealed class Dribble(byte[] data, int most, int seed) : MemoryStream(data)
    {
        private readonly Random _random = new(seed);

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (_random.Next(3) == 0)
                await Task.Yield();
            return Read(buffer.Span[..Math.Min(buffer.Length, _random.Next(1, most + 1))]);
        }
    }

    private sealed class Breaks(byte[] data) : MemoryStream(data)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            Position == Length ? throw new IOException("broken") : base.ReadAsync(buffer, cancellationToken);
    }

    private sealed class Full(MemoryStream inner) : MemoryStream
    {
        public override bool CanWrite => true;

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
            inner.Position + buffer.Length > inner.Capacity ? throw new IOException("full") { HResult = 28 } : inner.WriteAsync(buffer, cancellationToken);
    }
}
