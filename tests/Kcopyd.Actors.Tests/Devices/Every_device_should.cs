using CsCheck;
using Kcopyd.Actors.Faults;
using Kcopyd.Actors.Files;
using Xunit;

namespace Kcopyd.Actors.Tests.Devices;

/// <summary>Random operations, compared with a model in a byte array.</summary>
public sealed class Every_device_should : IDisposable
{
    private const int Length = 70_001;
    private readonly TempFolder _folder = new();
    private int _files;

    public enum Kind { Buffered, Direct, Memory, Range, Short, Cached, Portable }

    private enum Operation { Write, Zero, Punch, Read, Flush, Evict }

    public void Dispose() => _folder.Dispose();

    [SkippableTheory]
    [InlineData(Kind.Buffered)]
    [InlineData(Kind.Direct)]
    [InlineData(Kind.Memory)]
    [InlineData(Kind.Range)]
    [InlineData(Kind.Short)]
    [InlineData(Kind.Cached)]
    [InlineData(Kind.Portable)]
    public async Task hold_what_an_array_would_hold(Kind kind)
    {
        await Make(kind).DisposeAsync(); // skips the test where this device is not available
        await Gen.Select(Gen.Enum<Operation>(), Gen.Int[0, Length], Gen.OneOf(Gen.Int[0, 600], Gen.Int[0, Length]), Gen.Byte)
            .Array[1, 30]
            .SampleAsync(async steps =>
            {
                var model = new byte[Length];
                await using var device = Make(kind);
                foreach (var (operation, offset, wanted, value) in steps)
                {
                    var length = Math.Min(wanted, Length - offset);
                    switch (operation)
                    {
                        case Operation.Write:
                            model.AsSpan(offset, length).Fill(value);
                            await device.WriteAllAsync(offset, Bytes.Filled(length, value));
                            break;
                        case Operation.Zero when device.Features.HasFlag(DeviceFeatures.WriteZeroes):
                            model.AsSpan(offset, length).Clear();
                            Assert.Equal(IoResult.Success(length), await device.WriteZeroesAsync(offset, length));
                            break;
                        case Operation.Punch when device.Features.HasFlag(DeviceFeatures.WriteZeroes):
                            model.AsSpan(offset, length).Clear();
                            Assert.Equal(IoResult.Success(length), await ((IBlockDevice)device).PunchAsync(offset, length));
                            break;
                        case Operation.Read:
                            Assert.Equal(model[offset..Math.Min(Length, offset + wanted)], await device.ReadAllAsync(offset, wanted));
                            break;
                        case Operation.Flush:
                            Assert.Equal(IoResult.Success(0), await device.FlushAsync());
                            break;
                        case Operation.Evict:
                            Assert.Equal(IoResult.Success(0), await device.EvictAsync(offset, length));
                            break;
                    }
                }
                await AssertMapIsTrueAsync(device, model);
                Assert.Equal(model, await device.ReadAllAsync(0, Length + 1));
            }, iter: 60, threads: 1);
    }

    private static async Task AssertMapIsTrueAsync(IBlockDevice device, byte[] model)
    {
        for (var at = 0L; at < Length;)
        {
            var extent = await device.MapAsync(at, Length - at);
            Assert.Equal(IoError.None, extent.Error);
            Assert.InRange(extent.Length, 1, Length - at);
            Assert.False(extent.IsZero && model.AsSpan((int)at, (int)extent.Length).ContainsAnyExcept((byte)0),
                $"data at {at}+{extent.Length} is reported as a hole");
            at += extent.Length;
        }
    }

    private IBlockDevice Make(Kind kind) => kind switch
    {
        Kind.Buffered => OpenFile(IoMode.Buffered),
        Kind.Direct => OpenFile(IoMode.Direct),
        Kind.Memory => BlockDevice.Memory(Length),
        Kind.Range => BlockDevice.Range(BlockDevice.Memory(Length + 1024), 1024, Length),
        Kind.Short => BlockDevice.Memory(Length).WithShortTransfers(seed: 1),
        Kind.Portable => new PortableFileDevice(_folder[$"{_files++}"], new() { Create = true, Length = Length }),
        _ => BlockDevice.Memory(Length).WithVolatileCache(),
    };

    private FileBlockDevice OpenFile(IoMode mode)
    {
        try
        {
            return BlockDevice.Open(_folder[$"{_files++}"], new() { Create = true, Length = Length, Io = mode });
        }
        catch (IOException e) when (e.Message.Contains("direct I/O", StringComparison.Ordinal))
        {
            throw new SkipException("the temporary folder's file system has no direct I/O");
        }
    }
}
