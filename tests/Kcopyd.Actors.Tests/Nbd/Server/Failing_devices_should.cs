using Kcopyd.Actors.Devices;
using Kcopyd.Actors.Faults;
using Kcopyd.Actors.Nbd.Protocol;
using Kcopyd.Actors.Tests.Devices;
using Xunit;

namespace Kcopyd.Actors.Tests.Nbd.Server;

/// <summary>A fault of a device fails the request, not the connection.</summary>
public sealed class Failing_devices_should : NbdServerSpec
{
    [Fact]
    public async Task cost_a_request_and_not_the_connection()
    {
        var memory = BlockDevice.Memory(1 << 20);
        var client = await UseAsync(Serve(memory.WithErrors(new ByteRange(4096, 1))));
        Assert.Equal(NbdError.Io, (await client.ReadAtAsync(0, 8192)).Error);
        Assert.Equal(NbdError.Io, await client.WriteAsync(4000, Bytes.Filled(200, 1)));
        Assert.Equal(NbdError.Io, await client.DoAsync(NbdCommand.WriteZeroes, 0, 8192));
        Assert.Equal(NbdError.Io, await client.DoAsync(NbdCommand.Trim, 0, 8192));
        Assert.Equal(NbdError.Io, await client.DoAsync(NbdCommand.Cache, 0, 8192));
        Assert.Equal(NbdError.None, await client.WriteAsync(0, [1]));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task cost_a_request_when_they_throw(bool prompt)
    {
        var crash = BlockDevice.Memory(1 << 20).WithCrash();
        var client = await UseAsync(Serve(prompt ? new Prompt(crash) : crash));
        for (var i = 0; i < 20; i++)
        {
            Assert.Equal(NbdError.Io, (await client.ReadAtAsync(0, 4096)).Error);
            Assert.Equal(NbdError.Io, await client.WriteAsync(0, [1]));
            Assert.Equal(NbdError.Io, await client.DoAsync(NbdCommand.Flush));
        }
        crash.Repair();
        Assert.Equal(new byte[4096], await client.GoodReadAsync(0, 4096));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task be_asked_again_for_what_a_short_transfer_left(bool prompt)
    {
        var memory = BlockDevice.Memory(1 << 20);
        var tiny = memory.WithShortTransfers(maxBytes: 1000);
        var client = await UseAsync(Serve(prompt ? new Prompt(tiny) : tiny));
        var data = Bytes.Random(300_000);
        Assert.Equal(NbdError.None, await client.WriteAsync(5, data));
        Assert.Equal(data, await client.GoodReadAsync(5, data.Length));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task not_be_believed_when_they_say_that_they_did_more_than_they_were_asked(bool prompt)
    {
        IBlockDevice device = new Boaster(BlockDevice.Memory(1 << 20));
        var client = await UseAsync(Serve(prompt ? new Prompt(device) : device));
        Assert.Equal(NbdError.Io, (await client.ReadAtAsync(0, 4096)).Error);
        Assert.Equal(NbdError.Io, (await client.ReadAtAsync(0, 4096)).Error);
        Assert.Equal(NbdError.None, await client.DoAsync(NbdCommand.Flush));
    }

    [Fact]
    public async Task answer_with_the_protocols_words_for_their_errors()
    {
        foreach (var (error, said) in new[]
        {
            (IoError.NoSpace, NbdError.NoSpace), (IoError.QuotaExceeded, NbdError.NoSpace), (IoError.ReadOnly, NbdError.NotPermitted),
            (IoError.Invalid, NbdError.Invalid), (IoError.TimedOut, NbdError.Io), ((IoError)61, NbdError.Io), (IoError.Closed, NbdError.Shutdown),
        })
        {
            var client = await UseAsync(Serve(BlockDevice.Memory(4096).WithErrorAt(1, 1, error)));
            Assert.Equal(said, await client.WriteAsync(0, [1]));
            Assert.Equal(NbdError.None, await client.WriteAsync(0, [1]));
        }
    }

    [Fact]
    public async Task answer_in_the_order_in_which_they_are_done()
    {
        var device = BlockDevice.Memory(1 << 20).WithStall(IoOperations.Write);
        var client = await UseAsync(Serve(device));
        var first = await client.BeginAsync(NbdCommand.Write, 0, 512, payload: new byte[512]);
        await device.WaitingAsync();
        Assert.Equal(NbdError.None, (await client.ReadAtAsync(4096, 4096)).Error);     // in request order, it would follow the write
        var second = await client.BeginAsync(NbdCommand.Write, 512, 512, payload: new byte[512]);
        await device.WaitingAsync(2);
        Assert.Equal(NbdError.None, await client.DoAsync(NbdCommand.Flush));

        device.ReleaseOne(IoError.Io);
        Assert.Equal(new SimpleReply(first, NbdError.Io), await client.SimpleAsync());
        device.Release();
        Assert.Equal(new SimpleReply(second, NbdError.None), await client.SimpleAsync());
    }

    /// <summary>A device that workers would call, and that the connection calls here.</summary>
    private sealed class Prompt(IBlockDevice inner) : DeviceLayer(inner), IPromptDevice
    {
        public bool IsPrompt(DeviceOperation operation) => true;
    }

    private sealed class Boaster(IBlockDevice inner) : DeviceLayer(inner)
    {
        public override ValueTask<IoResult> ReadAsync(long offset, Memory<byte> buffer) => new(IoResult.Success(buffer.Length + 1));
    }
}
