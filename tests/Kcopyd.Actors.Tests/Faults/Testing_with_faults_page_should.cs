using System.Runtime.CompilerServices;
using Kcopyd.Actors.Faults;
using Xunit;

namespace Kcopyd.Actors.Tests.Faults;

/// <summary>The examples of docs/testing-with-faults.md, compiled and run.</summary>
public sealed class Testing_with_faults_page_should
{
    [Fact]
    public void show_only_code_that_compiles_here() => DocsPage.ShowsOnlyCodeOf("testing-with-faults.md", least: 20, ThisFile());

    [Fact]
    public async Task fail_reads_of_bad_sectors()
    {
        var medium = BlockDevice.Memory(1 << 20);
        await using var disk = medium.WithErrors(ByteRange.Sectors(100), ByteRange.Sectors(200, 8));

        var result = await disk.ReadAsync(0, new byte[65536]);
        Assert.Equal(IoError.Io, result.Error);
        Assert.Equal(1, disk.Injected);
    }

    [Fact]
    public async Task fill_a_disk_and_fail_a_flush()
    {
        await using var full = BlockDevice.Memory(1 << 20).WithErrorAt(first: 5, count: long.MaxValue, IoError.NoSpace, IoOperations.Write);
        await using var lying = BlockDevice.Memory(1 << 20).WithFlushError(IoError.Io);

        for (var i = 1; i < 5; i++)
            Assert.True((await full.WriteAsync(0, new byte[1])).IsSuccess);
        Assert.Equal(IoError.NoSpace, (await full.WriteAsync(0, new byte[1])).Error);
        Assert.Equal(IoError.Io, (await lying.FlushAsync()).Error);
    }

    [Fact]
    public async Task stand_still_in_the_middle()
    {
        await using var slow = BlockDevice.Memory(1 << 20).WithStall(IoOperations.Write);
        var write = slow.WriteAsync(0, new byte[4096]).AsTask(); // in your test: tell the actor that writes

        await slow.WaitingAsync(1);       // it is in the write now
        Assert.False(write.IsCompleted);  // cancel it, stop the actor, ask for progress ...
        slow.ReleaseOne();                // or ReleaseOne(IoError.TimedOut): the write fails instead
        await write;
    }

    [Fact]
    public async Task stack_everything()
    {
        var seed = Random.Shared.Next();
        await using var worst = BlockDevice.Memory(1 << 20)
            .WithErrors(ByteRange.Sectors(7))
            .WithErrorRate(0.01, seed)
            .WithShortTransfers(seed: seed);

        Assert.Equal(1 << 20, worst.Length);
    }

    [Fact]
    public async Task lose_what_was_not_flushed()
    {
        var platter = BlockDevice.Memory(1 << 20);
        await using var cached = platter.WithVolatileCache();
        await cached.WriteAsync(0, new byte[] { 1 });
        await cached.FlushAsync();
        await cached.WriteAsync(1, new byte[] { 1 });

        Assert.Equal(1, await cached.CrashAsync()); // writes that were lost
        Assert.Equal(1, platter.Bytes[0]);
        Assert.Equal(0, platter.Bytes[1]);
    }

    [Fact]
    public async Task allow_a_fault_of_ones_own()
    {
        await using var device = new SequentialOnlyDevice(BlockDevice.Memory(4096));
        Assert.True((await device.WriteAsync(0, new byte[512])).IsSuccess);
        Assert.Equal(IoError.Invalid, (await device.WriteAsync(1024, new byte[512])).Error);
        Assert.True((await device.WriteAsync(512, new byte[512])).IsSuccess);
    }

    private static string ThisFile([CallerFilePath] string path = "") => path;
}

/// <summary>A disk whose heads are stuck: it can only go on where it stopped.</summary>
public sealed class SequentialOnlyDevice(IBlockDevice inner) : ErrorLayer(inner, IoError.Invalid, IoOperations.Write)
{
    private long _next;

    protected override bool Fails(IoOperations operation, long offset, long length) =>
        Interlocked.CompareExchange(ref _next, offset + length, offset) != offset;
}
