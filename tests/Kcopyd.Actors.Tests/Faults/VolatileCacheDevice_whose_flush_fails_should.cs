using Kcopyd.Actors.Faults;
using Kcopyd.Actors.Tests.Devices;
using Xunit;

namespace Kcopyd.Actors.Tests.Faults;

public sealed class VolatileCacheDevice_whose_flush_fails_should
{
    private const int Block = 512;

    private readonly MemoryBlockDevice _medium = BlockDevice.Memory(8 * Block);

    [Theory]
    [InlineData(IoOperations.Write)]
    [InlineData(IoOperations.Flush)]
    public async Task lose_what_it_covered_although_later_flushes_succeed(IoOperations failing)
    {
        await using var device = _medium.WithErrorAt(first: 1, error: IoError.NoSpace, operations: failing).WithVolatileCache(leaveOpen: true);
        await device.WriteAsync(0, Bytes.Filled(2 * Block, 1));
        Assert.Equal(IoResult.Failure(IoError.NoSpace), await device.FlushAsync());
        Assert.Equal(IoResult.Success(0), await device.FlushAsync());
        Assert.Equal(IoResult.Success(0), await device.FlushAsync());

        Assert.Equal(Bytes.Filled(2 * Block, 1), await device.ReadAllAsync(0, 2 * Block));     // the page is clean, and still in memory
        Assert.Equal(1, device.HeldWrites);
        Assert.Equal(1, await device.CrashAsync());
        Assert.Equal(0, _medium.Bytes.Count((byte)1));
        Assert.Equal(new byte[2 * Block], await device.ReadAllAsync(0, 2 * Block));
    }

    [Fact]
    public async Task keep_what_is_written_again_and_flushed()
    {
        await using var device = _medium.WithErrorAt(first: 1, operations: IoOperations.Flush).WithVolatileCache(leaveOpen: true);
        await device.WriteAsync(0, Bytes.Filled(2 * Block, 1));
        Assert.Equal(IoResult.Failure(IoError.Io), await device.FlushAsync());
        await device.WriteAsync(Block + 10, Bytes.Filled(20, 2));
        Assert.Equal(IoResult.Success(0), await device.FlushAsync());

        byte[] read = [.. Bytes.Filled(Block + 10, 1), .. Bytes.Filled(20, 2), .. Bytes.Filled(Block - 30, 1)];
        Assert.Equal(read, await device.ReadAllAsync(0, 2 * Block));
        Assert.Equal(1, await device.CrashAsync());
        Assert.Equal((20, 0), (_medium.Bytes.Count((byte)2), _medium.Bytes.Count((byte)1)));
    }

    [Fact]
    public async Task not_lose_what_was_flushed_before()
    {
        await using var device = _medium.WithErrorAt(first: 2, operations: IoOperations.Flush).WithVolatileCache(leaveOpen: true);
        await device.WriteAsync(0, Bytes.Filled(2 * Block, 1));
        Assert.Equal(IoResult.Success(0), await device.FlushAsync());
        await device.WriteAsync(Block, Bytes.Filled(2 * Block, 2));
        Assert.Equal(IoResult.Failure(IoError.Io), await device.FlushAsync());
        await device.DisposeAsync();
        Assert.Equal((2 * Block, 0), (_medium.Bytes.Count((byte)1), _medium.Bytes.Count((byte)2)));
    }

    [Fact]
    public async Task lose_blocks_of_it_by_its_seed()
    {
        int all = 0, none = 0, part = 0;
        for (var seed = 0; seed < 300; seed++)
        {
            var medium = BlockDevice.Memory(8 * Block);
            await using var device = medium.WithErrorAt(first: 1, operations: IoOperations.Flush).WithVolatileCache(seed, leaveOpen: true);
            await device.WriteAsync(0, Bytes.Filled(8 * Block, 1));
            Assert.False((await device.FlushAsync()).IsSuccess);
            Assert.True((await device.FlushAsync()).IsSuccess);
            await device.CrashAsync();
            var kept = medium.Bytes.Count((byte)1);
            Assert.Equal(0, kept % Block);
            _ = kept == 0 ? none++ : kept == medium.Length ? all++ : part++;
        }
        Assert.All([all, none, part], count => Assert.InRange(count, 70, 130));
    }

    [Fact]
    public async Task pass_on_the_exception_of_a_medium_that_crashes_and_serve_the_next_flush()
    {
        var medium = _medium.WithCrash(first: 1, IoOperations.Flush, () => new InvalidOperationException("burnt"));
        await using var device = medium.WithVolatileCache(leaveOpen: true);
        await device.WriteAsync(0, Bytes.Filled(Block, 1));
        Assert.Equal("burnt", (await Assert.ThrowsAsync<InvalidOperationException>(() => device.FlushAsync().AsTask())).Message);
        medium.Repair();
        Assert.Equal(IoResult.Success(0), await device.FlushAsync());
        Assert.Equal(1, await device.CrashAsync());
        Assert.Equal(0, _medium.Bytes.Count((byte)1));
    }

    [Fact]
    public async Task say_which_medium_could_not_be_set_back()
    {
        var device = _medium
            .WithErrorAt(first: 1, operations: IoOperations.Flush)
            .WithErrorAt(first: 2, operations: IoOperations.Write)
            .WithVolatileCache();
        await device.WriteAsync(0, Bytes.Filled(Block, 1));
        Assert.False((await device.FlushAsync()).IsSuccess);
        var failed = await Assert.ThrowsAsync<IOException>(() => device.CrashAsync().AsTask());
        Assert.Contains($"{_medium.Name} cannot become what the power cut left: its medium failed a write with Io", failed.Message, StringComparison.Ordinal);
        Assert.True((await device.WriteAsync(0, new byte[1])).IsSuccess);      // the power is back
    }
}
