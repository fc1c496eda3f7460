using Kcopyd.Actors.Faults;
using Kcopyd.Actors.Tests.Devices;
using Xunit;

namespace Kcopyd.Actors.Tests.Faults;

public sealed class ShortTransferDevice_should
{
    [Fact]
    public async Task transfer_no_more_than_it_is_told_to()
    {
        await using var device = BlockDevice.Memory(4096).WithShortTransfers(maxBytes: 100, operations: IoOperations.Write);

        Assert.Equal(IoResult.Success(100), await device.WriteAsync(0, Bytes.Filled(512, 1)));
        Assert.Equal(IoResult.Success(50), await device.WriteAsync(0, Bytes.Filled(50, 1)));
        Assert.Equal(IoResult.Success(512), await device.ReadAsync(0, new byte[512]));
        Assert.Equal(1, device.Injected);
    }

    [Fact]
    public async Task keep_transfers_aligned()
    {
        await using var device = BlockDevice.Memory(65536, alignment: 512).WithShortTransfers(maxBytes: 1100);
        using var memory = new AlignedMemory(4096);

        Assert.Equal(IoResult.Success(1024), await device.ReadAsync(0, memory.Memory));
        await using var tiny = BlockDevice.Memory(65536, alignment: 512).WithShortTransfers(maxBytes: 1);
        Assert.Equal(IoResult.Success(512), await tiny.ReadAsync(0, memory.Memory));
    }

    [Fact]
    public async Task cut_at_random_by_seed_and_still_get_everything_across()
    {
        var content = Bytes.Random(65536);
        Assert.NotEqual(await TransfersAsync(content, seed: 3), await TransfersAsync(content, seed: 4));
        Assert.Equal(await TransfersAsync(content, seed: 3), await TransfersAsync(content, seed: 3));
    }

    private static async Task<string> TransfersAsync(byte[] content, int seed)
    {
        var memory = BlockDevice.Memory(content.Length, alignment: 512);
        await using var device = memory.WithShortTransfers(seed: seed);
        using var buffer = new AlignedMemory(content.Length);
        content.CopyTo(buffer.Memory);
        var sizes = new List<long>();
        for (long done = 0; done < content.Length; done += sizes[^1])
            sizes.Add((await device.WriteAsync(done, buffer.Memory[(int)done..])).Bytes);
        Assert.Equal(content, memory.Bytes.ToArray());
        Assert.Equal(sizes.Count - 1, device.Injected);
        return string.Join(' ', sizes);
    }
}
