using Kcopyd.Actors.Faults;
using Xunit;

namespace Kcopyd.Actors.Tests.Jobs;

public sealed class Zero_should : EngineSpec
{
    [Fact]
    public async Task use_the_devices_own_write_zeroes_where_it_has_them_and_write_elsewhere()
    {
        var own = new CountingDevice(Filled());
        var without = new CountingDevice(Filled().WithVolatileCache());
        var claims = new CountingDevice(new NotReally(Filled()));
        var client = Client(s => s with { SubJobSize = 1 << 20 });      // larger than the shared buffer of zeroes
        var result = await Soon(client.ZeroAsync(Whole(own, without, claims), CopyFlags.Flush));
        Assert.True(result.IsSuccess, result.ToString());
        Assert.Equal((0, 0), (own.Writes, without.Log.Count(entry => entry.Operation == IoOperations.WriteZeroes)));
        Assert.NotEqual(0, without.Writes);
        foreach (var device in new[] { own, without, claims })
        {
            var bytes = new byte[1 << 20];
            Assert.Equal(bytes.Length, (await device.ReadAsync(0, bytes)).Bytes);
            Assert.DoesNotContain(bytes, one => one != 0);
        }
    }

    [Fact]
    public async Task use_large_pieces_where_every_device_zeroes_by_itself()
    {
        var device = new CountingDevice(BlockDevice.Memory(256 << 20));
        var result = await Soon(Client(s => s with { SubJobSize = 512 << 10 }).ZeroAsync(Whole(device)));
        Assert.InRange(device.Operations, 4, 40);
        Assert.Equal(new OffloadedBytes { WriteZeroes = 256 << 20 }, result.Offloaded);
    }

    [Fact]
    public async Task write_the_zeroes_if_the_devices_own_means_are_switched_off()
    {
        var device = new CountingDevice(Filled());
        var result = await Soon(Client(s => s with { Offload = OffloadKinds.All & ~OffloadKinds.WriteZeroes }).ZeroAsync(Whole(device), CopyFlags.Verify));
        Assert.True(result.IsSuccess);
        Assert.Equal(default, result.Offloaded);
        Assert.DoesNotContain(device.Log, entry => entry.Operation == IoOperations.WriteZeroes);
    }

    [Fact]
    public async Task keep_to_small_pieces_at_a_limited_rate()
    {
        var device = new CountingDevice(BlockDevice.Memory(64 * Piece));
        await Soon(Client(throttle: new KcopydThrottle(100, 1L << 40)).ZeroAsync(Whole(device)));
        Assert.Equal(64, device.Operations);
    }

    [Fact]
    public async Task zero_exactly_the_region()
    {
        var device = BlockDevice.Memory(64 * 512);
        device.Bytes.Fill(1);
        Assert.Equal(20 * 512, (await Soon(Client().ZeroAsync([device.Region(3, 20)]))).Length);
        Assert.Equal(20 * 512, device.Bytes.Count((byte)0));
        Assert.False(device.Bytes.Slice(3 * 512, 20 * 512).ContainsAnyExcept((byte)0));
    }

    [Fact]
    public async Task end_within_a_sector_where_every_device_does()
    {
        MemoryBlockDevice[] devices = [BlockDevice.Memory(1000), BlockDevice.Memory(1000)];
        Array.ForEach(devices, device => device.Bytes.Fill(1));
        Assert.Equal(1000, (await Soon(Client().ZeroAsync(Whole(devices)))).Length);
        Assert.All(devices, device => Assert.False(device.Bytes.ContainsAnyExcept((byte)0)));
    }

    [Fact]
    public async Task take_a_sink_beside_a_device_that_ends_within_a_sector()
    {
        var device = BlockDevice.Memory(1000);
        Assert.Equal(1000, (await Soon(Client().ZeroAsync([BlockDevice.Null().Region(0, 2), device.Whole()]))).Length);
    }

    [Theory]
    [InlineData(1000, 1024)]
    [InlineData(1024, 1000)]
    [InlineData(1000, 4096)]
    [InlineData(600, 1000)]
    public void refuse_devices_of_which_one_ends_within_the_last_sector_and_another_later(int first, int second)
    {
        var (a, b) = (BlockDevice.Memory(first), BlockDevice.Memory(second, name: "other"));
        var error = Assert.Throws<ArgumentException>(() => { Client().Zero([a.Region(0, 2), b.Region(0, 2)], CopyFlags.None, TestActor); });
        Assert.Equal("to[1]", error.ParamName);
        Assert.Contains($"{Math.Min(second, 1024)} bytes", error.Message, StringComparison.Ordinal);
        Assert.Contains("a separate job", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task notify_in_every_form()
    {
        var client = Client();
        var device = BlockDevice.Memory(Piece);
        client.Zero(Whole(device), CopyFlags.None, TestActor, 1);
        Assert.Equal(1, (await ExpectMsgAsync<CopyResult>()).Context);
        client.Zero(Whole(device), CopyFlags.None, (_, _, context) => TestActor.Tell(context!, null), 2);
        await ExpectMsgAsync(2);
        client.Zero(Whole(device), CopyFlags.None, result => TestActor.Tell(result, null), 3);
        Assert.Equal(3, (await ExpectMsgAsync<CopyResult>()).Context);
    }

    private static MemoryBlockDevice Filled()
    {
        var device = BlockDevice.Memory(1 << 20);
        device.Bytes.Fill(1);
        return device;
    }

    /// <summary>Claims to support write-zeroes, and then refuses it.</summary>
    private sealed class NotReally(IBlockDevice inner) : DeviceLayer(inner)
    {
        public override ValueTask<IoResult> WriteZeroesAsync(long offset, long length) => new(IoResult.Failure(IoError.NotSupported));
    }
}
