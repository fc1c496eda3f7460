using System.Buffers.Binary;
using Kcopyd.Actors.TestKit.Checking;
using Xunit;

namespace Kcopyd.Actors.TestKit.Tests.Mirrors;

/// <summary>Reads and changes a device at random, beside others that do the same, and tells a model what it asked and what it got.</summary>
internal sealed class MirrorClient(string name, World world, BlockDeviceModel model, IBlockDevice device)
{
    private const int Sector = 512;
    private const int MaxSectors = 20;      // of one operation: more than two regions

    private readonly Random _random = world.RandomFor(name);

    /// <summary>True if an operation may fail: every leg may be broken.</summary>
    public bool MayFail { get; set; }

    public async Task RunAsync(Func<bool> isOver)
    {
        while (!isOver())
        {
            await StepAsync();
            if (_random.Next(4) == 0)
                await world.DelayAsync(TimeSpan.FromMilliseconds(_random.Next(1, 400)));
        }
    }

    private async Task StepAsync()
    {
        var count = _random.Next(1, MaxSectors + 1);
        var first = _random.NextInt64(model.SectorCount - count + 1);
        switch (_random.Next(12))
        {
            case < 5:
                var bytes = new byte[count * Sector];
                var number = _random.NextInt64();
                for (var at = 0; at < bytes.Length; at += sizeof(long))
                    BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(at), number);
                End(model.CallWrite(first, count, SectorStamp.Of(bytes.AsSpan(0, Sector)), client: name, now: world.Now),
                    await device.WriteAsync(first * Sector, bytes), count);
                break;
            case 5:
                End(model.CallWriteZeroes(first, count, client: name, now: world.Now), await device.WriteZeroesAsync(first * Sector, count * Sector), count);
                break;
            case 6:
                End(model.CallDiscard(first, count, name, world.Now), await device.DiscardAsync(first * Sector, count * Sector), count);
                break;
            case 7:
                End(model.CallFlush(name, world.Now), await device.FlushAsync(), 0);
                break;
            default:
                await ReadAsync(first, count);
                break;
        }
    }

    public async Task ReadAsync(long first, int count)
    {
        var read = model.CallRead(first, count, name, world.Now);
        var found = new byte[count * Sector];
        var result = await device.ReadAsync(first * Sector, found);
        if (!result.IsSuccess)
        {
            Assert.True(MayFail, $"{read} failed: {result.Error}");
            model.Fail(read, world.Now);
            return;
        }
        Assert.Equal(found.Length, result.Bytes);
        var stamps = new long[count];
        for (var i = 0; i < count; i++)
            stamps[i] = SectorStamp.Of(found.AsSpan(i * Sector, Sector));
        Assert.True(model.Return(read, stamps, world.Now), $"{string.Join('\n', model.Violations)}\n{model.Story()}");
    }

    private void End(BlockDeviceOperation operation, IoResult result, int sectors)
    {
        if (result.IsSuccess)
        {
            Assert.Equal((long)sectors * Sector, result.Bytes);
            model.Return(operation, now: world.Now);
            return;
        }
        Assert.True(MayFail, $"{operation} failed: {result.Error}");
        model.Fail(operation, world.Now);
    }
}
