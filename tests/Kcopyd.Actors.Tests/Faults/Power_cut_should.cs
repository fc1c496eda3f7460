using Kcopyd.Actors.Faults;
using Kcopyd.Actors.Tests.Devices;
using Xunit;

namespace Kcopyd.Actors.Tests.Faults;

public sealed class Power_cut_should
{
    private const int Block = 512;

    private static readonly IoResult Off = IoResult.Failure(IoError.NoDevice);

    [Theory]
    [InlineData(512)]
    [InlineData(4096)]
    public async Task lose_each_block_of_a_write_on_its_own(int block)
    {
        int all = 0, none = 0, part = 0;
        for (var seed = 0; seed < 300; seed++)
        {
            var medium = BlockDevice.Memory(10 * block, logicalBlockSize: block);
            await using var device = medium.WithVolatileCache(leaveOpen: true);
            await device.WriteAsync(block / 2, Bytes.Filled(8 * block, 1));     // touches nine blocks
            Assert.Equal(0, medium.Bytes.Count((byte)1));
            var lost = await device.CrashAsync(seed);
            var kept = medium.Bytes.Count((byte)1);
            Assert.Equal(kept == 8 * block ? 0 : 1, lost);
            Assert.Equal(0, kept % (block / 2));
            for (var i = 1; i < 8; i++)
                Assert.True(medium.Bytes.Slice(i * block, block).Count((byte)1) % block == 0, $"block {i} is torn with seed {seed}");
            _ = kept == 0 ? none++ : lost == 0 ? all++ : part++;
        }
        Assert.All([all, none, part], count => Assert.InRange(count, 70, 130));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task damage_blocks_only_if_it_may(bool tearsBlocks)
    {
        var damaged = 0;
        for (var seed = 0; seed < 300; seed++)
        {
            var medium = BlockDevice.Memory(8 * Block);
            await using var device = medium.WithVolatileCache(tearsBlocks: tearsBlocks, leaveOpen: true);
            await device.WriteAsync(100, Bytes.Filled(4 * Block, 1));
            var lost = await device.CrashAsync(seed);
            Assert.Equal(0, medium.Bytes[..100].Count((byte)1));        // beside the write, nothing changes
            Assert.Equal(3 * Block + Block - 100, medium.Bytes[(4 * Block + 100)..].Count((byte)0));
            if (medium.Bytes.ContainsAnyExcept((byte)0, (byte)1))
            {
                damaged++;
                Assert.Equal(1, lost);
            }
        }
        Assert.True(tearsBlocks ? damaged is > 60 and < 120 : damaged == 0, $"{damaged} of 300 writes have damaged blocks");
    }

    [Fact]
    public async Task be_the_same_with_the_same_seed()
    {
        var images = new List<byte[]>();
        for (var run = 0; run < 20; run++)
        {
            var medium = BlockDevice.Memory(64 * Block);
            await using var device = medium.WithVolatileCache(tearsBlocks: true, leaveOpen: true);
            for (var i = 0; i < 20; i++)
                await device.WriteAsync(i * 3 * Block, Bytes.Filled(4 * Block, (byte)(i + 1)));
            await device.CrashAsync(run / 2);
            images.Add(medium.Bytes.ToArray());
        }
        for (var run = 0; run < 20; run += 2)
            Assert.Equal(images[run], images[run + 1]);
        Assert.Equal(10, images.Select(Convert.ToHexString).Distinct().Count());
    }

    [Fact]
    public async Task end_the_flush_in_flight_and_those_that_wait_and_undo_what_it_wrote()
    {
        var medium = BlockDevice.Memory(8 * Block);
        await using var stall = medium.WithStall(IoOperations.Write);
        await using var device = stall.WithVolatileCache(leaveOpen: true);
        await device.WriteAsync(0, Bytes.Filled(Block, 1));
        await device.WriteAsync(Block, Bytes.Filled(Block, 2));
        await device.WriteAsync(2 * Block, Bytes.Filled(Block, 3));
        var (first, second) = (device.FlushAsync().AsTask(), device.FlushAsync().AsTask());
        Assert.True(stall.ReleaseOne());        // the first write is on the medium, the second one is in flight
        Assert.Equal(1, stall.Waiting);
        Assert.Equal(1, medium.Bytes[0]);

        var cut = device.CrashAsync().AsTask();
        Assert.False(cut.IsCompleted);
        Assert.Equal(Off, await device.WriteAsync(0, Bytes.Filled(Block, 3)));
        Assert.Equal(Off, await device.ReadAsync(0, new byte[Block]));
        Assert.Equal(Off, await device.FlushAsync());
        Assert.True(stall.ReleaseOne());
        Assert.True(first.IsCompleted);         // without its third write
        Assert.False(cut.IsCompleted);          // it is setting the medium back
        stall.Release();
        Assert.Equal(3, await cut);
        Assert.Equal(Off, await first);
        Assert.Equal(Off, await second);
        Assert.False(medium.Bytes.ContainsAnyExcept((byte)0));
    }

    [Fact]
    public async Task fail_a_read_in_flight_and_wait_for_its_memory()
    {
        var stall = BlockDevice.Memory(8 * Block).WithStall(IoOperations.Read);
        await using var device = stall.WithVolatileCache();
        var read = device.ReadAsync(0, new byte[Block]).AsTask();
        var cut = device.CrashAsync().AsTask();
        Assert.False(cut.IsCompleted);
        Assert.False(read.IsCompleted);
        stall.Release();
        Assert.Equal(0, await cut);
        Assert.Equal(Off, await read);
        Assert.Equal(IoResult.Success(Block), await device.ReadAsync(0, new byte[Block]));
    }

    [Fact]
    public async Task wait_for_another_one()
    {
        var medium = BlockDevice.Memory(8 * Block);
        await using var stall = medium.WithStall(IoOperations.Write);
        await using var device = stall.WithVolatileCache(leaveOpen: true);
        await device.WriteAsync(0, Bytes.Filled(Block, 1));
        var flush = device.FlushAsync().AsTask();
        var (first, second) = (device.CrashAsync().AsTask(), device.CrashAsync().AsTask());
        stall.Release();
        Assert.Equal((1, 0), (await first, await second));
        Assert.Equal(Off, await flush);
    }

    [Fact]
    public async Task let_nothing_that_was_issued_before_it_reach_the_medium_afterwards()
    {
        for (var seed = 0; seed < 1000; seed++)
        {
            var random = new Random(seed);
            var medium = BlockDevice.Memory(8 * Block);
            await using var stall = medium.WithStall(IoOperations.All);
            await using var device = stall.WithVolatileCache(leaveOpen: true);
            var issued = new List<Task>();
            Task<int>? cut = null;
            byte[]? left = null;
            for (var step = 0; cut is not { IsCompleted: true } || stall.Waiting > 0; step++)
            {
                if (cut is null && step > 20)
                    cut = device.CrashAsync(seed).AsTask();
                else if (step > 100 || random.Next(3) == 0)
                    stall.ReleaseOne();
                else if (cut is not { IsCompleted: true })
                    issued.Add(random.Next(4) == 0
                        ? device.FlushAsync().AsTask()
                        : device.WriteAsync(random.Next(6) * Block, Bytes.Filled(2 * Block, (byte)step)).AsTask());
                if (cut is { IsCompleted: true })
                    left ??= medium.Bytes.ToArray();
            }
            await Task.WhenAll(issued);
            stall.Release();
            Assert.True((await device.FlushAsync()).IsSuccess);     // whatever the cache still had
            Assert.True(left.AsSpan().SequenceEqual(medium.Bytes), $"seed {seed}");
        }
    }
}
