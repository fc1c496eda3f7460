using Kcopyd.Actors.Faults;
using Kcopyd.Actors.Nbd.Protocol;
using Kcopyd.Actors.Tests.Devices;
using Xunit;

namespace Kcopyd.Actors.Tests.Nbd.Server;

/// <summary>Each command and flag, on a device that the connection calls directly and on one that workers call.</summary>
public sealed class Requests_should : NbdServerSpec
{
    private const int Length = 1 << 20;

    private readonly MemoryBlockDevice _memory = BlockDevice.Memory(Length);

    // A device layer is not prompt, so workers call it.
    private IBlockDevice Device(bool prompt) => prompt ? _memory : new CountingDevice(_memory);

    [Theory]
    [InlineData(true, false)]
    [InlineData(true, true)]
    [InlineData(false, false)]
    [InlineData(false, true)]
    public async Task read_what_was_written(bool prompt, bool structured)
    {
        var client = await UseAsync(Serve(Device(prompt)), structured: structured);
        foreach (var (offset, length) in new[] { (0, 1), (1, 511), (4096, 4096), (123_457, 100_001), (0, Length) })
        {
            var data = Bytes.Random(length, seed: offset + 7);
            Assert.Equal(NbdError.None, await client.WriteAsync(offset, data));
            Assert.True(_memory.Bytes.Slice(offset, length).SequenceEqual(data));
            Assert.Equal(data, await client.GoodReadAsync(offset, length));
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task zero_trim_cache_and_flush(bool prompt)
    {
        Bytes.Filled(Length, 7).CopyTo(_memory.Bytes);
        var client = await UseAsync(Serve(Device(prompt)));
        foreach (var flags in new[]
        {
            CommandFlags.None, CommandFlags.NoHole, CommandFlags.FastZero, CommandFlags.NoHole | CommandFlags.FastZero, CommandFlags.Fua,
        })
        {
            _memory.Bytes[..8192].Fill(9);
            Assert.Equal(NbdError.None, await client.DoAsync(NbdCommand.WriteZeroes, 512, 4096, flags));
            Assert.Equal(-1, _memory.Bytes.Slice(512, 4096).IndexOfAnyExcept((byte)0));
            Assert.Equal((9, 9), (_memory.Bytes[511], _memory.Bytes[4608]));
        }
        Assert.Equal(NbdError.None, await client.DoAsync(NbdCommand.Trim, 16_384, 4096));
        Assert.Equal(0, _memory.Bytes[16_384]);
        Assert.Equal(NbdError.None, await client.DoAsync(NbdCommand.Cache, 0, Length));
        Assert.Equal(NbdError.None, await client.DoAsync(NbdCommand.Flush));
    }

    // ENOTSUP tells a client to do without the operation; EINVAL, that it made a mistake.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task be_unsupported_where_the_export_has_not_offered_them(bool structured)
    {
        var device = _memory.WithVolatileCache();       // offloads neither discards nor zeroes
        var client = await GreetAsync(Serve(device));
        if (structured)
            await client.StructuredAsync();
        var flags = (await client.GoAsync("", NbdInfo.BlockSize)).Flags;
        Assert.False(flags.HasFlag(TransmissionFlags.SendTrim));
        foreach (var fua in new[] { CommandFlags.None, CommandFlags.Fua })
        {
            Assert.Equal(NbdError.NotSupported, await client.DoAsync(NbdCommand.Trim, 0, 512, fua));
            Assert.Equal(NbdError.NotSupported, await client.DoAsync(NbdCommand.WriteZeroes, 0, 512, fua | CommandFlags.FastZero));
            Assert.Equal(NbdError.None, await client.DoAsync(NbdCommand.WriteZeroes, 0, 512, fua));
        }
        Assert.Equal(NbdError.NotSupported, await client.DoAsync(NbdCommand.Trim, 3, 1));
        Assert.Equal(NbdError.NotSupported, await client.DoAsync(NbdCommand.Trim));
        Assert.Equal(NbdError.None, await client.DoAsync(NbdCommand.Cache, 0, 512));
        // Mistakes are still EINVAL: a context that was not negotiated, and flags of other commands.
        if (!structured)
            Assert.Equal(NbdError.Invalid, await client.DoAsync(NbdCommand.BlockStatus, 0, 512));
        Assert.Equal(NbdError.Invalid, await client.DoAsync(NbdCommand.Trim, 0, 512, CommandFlags.NoHole));
    }

    [Theory]
    [InlineData(95, NbdError.NotSupported)]     // EOPNOTSUPP
    [InlineData(25, NbdError.NotSupported)]     // ENOTTY: the device does not support the request
    [InlineData(38, NbdError.NotSupported)]     // ENOSYS
    [InlineData(22, NbdError.Invalid)]
    [InlineData(5, NbdError.Io)]
    public void answer_what_a_device_says_of_itself(int errno, object error) => Assert.Equal((NbdError)error, NbdErrors.ToWire((IoError)errno));

    [Theory]
    [InlineData(0, Length + 1L)]
    [InlineData(Length, 1L)]
    [InlineData(Length - 1, 2L)]
    [InlineData(long.MaxValue, 1L)]
    [InlineData(long.MaxValue, (long)uint.MaxValue)]
    [InlineData(long.MinValue, 1L)]
    [InlineData(-1L, 1L)]
    [InlineData(-1L, 2L)]
    [InlineData(0, (long)uint.MaxValue)]
    public async Task stay_within_the_device(long offset, long length)
    {
        var device = new CountingDevice(_memory);
        var client = await UseAsync(Serve(device));
        Assert.Equal(NbdError.Invalid, await client.DoAsync(NbdCommand.Read, offset, length));
        Assert.Equal(NbdError.Invalid, await client.DoAsync(NbdCommand.Trim, offset, length));
        Assert.Equal(NbdError.Invalid, await client.DoAsync(NbdCommand.Cache, offset, length));
        Assert.Equal(NbdError.NoSpace, await client.DoAsync(NbdCommand.WriteZeroes, offset, length));
        if (length <= NbdNumbers.MaxPayload)
            Assert.Equal(NbdError.NoSpace, await client.DoAsync(NbdCommand.Write, offset, length, payload: Bytes.Filled((int)length, 1)));
        Assert.Empty(device.Log);
        Assert.Equal(NbdError.None, await client.WriteAsync(0, [1]));
    }

    [Fact]
    public async Task be_refused_if_they_are_empty_or_unknown_or_have_flags_of_others()
    {
        var device = new CountingDevice(_memory);
        var client = await UseAsync(Serve(device));
        foreach (var command in new[] { NbdCommand.Read, NbdCommand.Write, NbdCommand.Trim, NbdCommand.WriteZeroes, NbdCommand.Cache })
            Assert.Equal(NbdError.Invalid, await client.DoAsync(command));
        Assert.Equal(NbdError.Invalid, await client.DoAsync((NbdCommand)8, 0, 512));
        Assert.Equal(NbdError.Invalid, await client.DoAsync((NbdCommand)ushort.MaxValue, 0, 512));
        Assert.Equal(NbdError.Invalid, await client.DoAsync(NbdCommand.Read, 0, 512, CommandFlags.DontFragment));
        Assert.Equal(NbdError.Invalid, await client.DoAsync(NbdCommand.Read, 0, 512, CommandFlags.NoHole));
        Assert.Equal(NbdError.Invalid, await client.DoAsync(NbdCommand.Trim, 0, 512, CommandFlags.FastZero));
        Assert.Equal(NbdError.Invalid, await client.DoAsync(NbdCommand.WriteZeroes, 0, 512, (CommandFlags)(1 << 15)));
        Assert.Equal(NbdError.Invalid, await client.WriteAsync(0, new byte[512], CommandFlags.NoHole));
        Assert.Equal(NbdError.Invalid, await client.DoAsync(NbdCommand.BlockStatus, 0, 512));
        Assert.Empty(device.Log);
        Assert.Equal(NbdError.None, await client.WriteAsync(0, [1]));
    }

    [Fact]
    public async Task leave_a_read_only_export_alone_and_skip_the_payload()
    {
        var device = new CountingDevice(_memory);
        var client = await UseAsync(Serve([new Kcopyd.Actors.Nbd.NbdExport("", device) { ReadOnly = true }]));
        Assert.Equal(NbdError.NotPermitted, await client.WriteAsync(0, Bytes.Filled(100_000, 1)));
        Assert.Equal(NbdError.NotPermitted, await client.DoAsync(NbdCommand.WriteZeroes, 0, 512));
        Assert.Equal(NbdError.NotPermitted, await client.DoAsync(NbdCommand.Trim, 0, 512));
        Assert.Empty(device.Log);
        Assert.Equal(new byte[10], await client.GoodReadAsync(5, 10));
        Assert.Equal(NbdError.None, await client.DoAsync(NbdCommand.Flush));
    }

    [Fact]
    public async Task be_on_the_medium_before_the_answer_if_they_say_so()
    {
        var device = new CountingDevice(_memory);
        var client = await UseAsync(Serve(device));
        Assert.Equal(NbdError.None, await client.WriteAsync(0, new byte[512], CommandFlags.Fua));
        Assert.Equal([IoOperations.Write, IoOperations.Flush], device.Log.Select(entry => entry.Operation));
        Assert.Equal(NbdError.None, await client.DoAsync(NbdCommand.WriteZeroes, 0, 512, CommandFlags.Fua));
        Assert.Equal([IoOperations.WriteZeroes, IoOperations.Flush], device.Log.Skip(2).Select(entry => entry.Operation));
        Assert.Equal(NbdError.None, await client.DoAsync(NbdCommand.Trim, 0, 512, CommandFlags.Fua));
        Assert.Equal(3, device.Flushes);

        // On other commands, FUA has no effect.
        Assert.Equal(NbdError.None, (await client.ReadAtAsync(0, 512, CommandFlags.Fua)).Error);
        Assert.Equal(NbdError.None, await client.DoAsync(NbdCommand.Flush, flags: CommandFlags.Fua));
        Assert.Equal(4, device.Flushes);
    }

    [Fact]
    public async Task wait_for_all_their_pieces_before_they_are_flushed()
    {
        var device = new CountingDevice(_memory);
        var client = await UseAsync(Serve(device, settings: settings => settings with { PieceSize = 64 << 10 }));
        Assert.Equal(NbdError.None, await client.WriteAsync(0, new byte[300_000], CommandFlags.Fua));
        Assert.Equal(
            [IoOperations.Write, IoOperations.Write, IoOperations.Write, IoOperations.Write, IoOperations.Write, IoOperations.Flush],
            device.Log.Select(entry => entry.Operation));
    }

    [Fact]
    public async Task fail_with_a_flush_that_fails()
    {
        var client = await UseAsync(Serve(_memory.WithFlushError()));
        Assert.Equal(NbdError.Io, await client.WriteAsync(0, new byte[512], CommandFlags.Fua));
        Assert.Equal(NbdError.Io, await client.DoAsync(NbdCommand.Flush));
        Assert.Equal(NbdError.None, await client.WriteAsync(0, new byte[512]));
    }

    [Fact]
    public async Task make_a_hole_or_none_as_they_are_told()
    {
        var device = new OffloadingDevice(Length);
        var client = await UseAsync(Serve(device));
        Assert.Equal(NbdError.None, await client.DoAsync(NbdCommand.WriteZeroes, 0, 4096));
        Assert.Equal(NbdError.None, await client.DoAsync(NbdCommand.WriteZeroes, 4096, 8192, CommandFlags.NoHole));
        Assert.Equal([("punch", 0L, 4096L), ("zero", 4096L, 8192L)], device.Log);
    }

    [Fact]
    public async Task not_pretend_to_be_fast_or_to_trim_where_the_device_cannot()
    {
        var device = new PlainDevice(_memory);
        Bytes.Filled(Length, 3).CopyTo(_memory.Bytes);
        var server = Serve(device);
        var client = await GreetAsync(server);
        Assert.False((await client.GoAsync()).Flags.HasFlag(TransmissionFlags.SendTrim));
        Assert.Equal(NbdError.NotSupported, await client.DoAsync(NbdCommand.WriteZeroes, 0, 512, CommandFlags.FastZero));
        Assert.Equal(NbdError.NotSupported, await client.DoAsync(NbdCommand.Trim, 0, 512));
        Assert.Equal(3, _memory.Bytes[0]);
        Assert.Equal(NbdError.None, await client.DoAsync(NbdCommand.WriteZeroes, 0, 512));
        Assert.Equal(NbdError.None, await client.DoAsync(NbdCommand.WriteZeroes, 512, 512, CommandFlags.NoHole));
        Assert.Equal(-1, _memory.Bytes[..1024].IndexOfAnyExcept((byte)0));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task be_as_long_as_the_protocol_lets_them(bool prompt)
    {
        var memory = BlockDevice.Memory(NbdNumbers.MaxPayload + 10L);
        var client = await UseAsync(Serve(prompt ? memory : new CountingDevice(memory)));
        var data = Bytes.Random(NbdNumbers.MaxPayload);
        Assert.Equal(NbdError.None, await client.WriteAsync(10, data));
        Assert.True(memory.Bytes[10..].SequenceEqual(data));
        var (error, read) = await client.ReadAtAsync(10, data.Length);
        Assert.True(error == NbdError.None && read.AsSpan().SequenceEqual(data));

        Assert.Equal(NbdError.Invalid, await client.DoAsync(NbdCommand.Read, 0, NbdNumbers.MaxPayload + 1));
        Assert.Equal(NbdError.Invalid, await client.WriteAsync(0, new byte[NbdNumbers.MaxPayload + 1]));
        Assert.Equal(NbdError.None, await client.DoAsync(NbdCommand.WriteZeroes, 0, memory.Length));
        Assert.Equal(-1, memory.Bytes.IndexOfAnyExcept((byte)0));
    }

    /// <summary>A device that only reads and writes.</summary>
    private sealed class PlainDevice(IBlockDevice inner) : DeviceLayer(inner)
    {
        public override DeviceFeatures Features => DeviceFeatures.None;
    }
}
