using Kcopyd.Actors.Tests.Devices;

namespace Kcopyd.Actors.Tests.Snapshots;

/// <summary>What the specs of snapshots share: an origin of random bytes in memory, and stores for it.</summary>
public abstract class SnapshotSpec(string config = "") : EngineSpec(config)
{
    protected const int Chunk = 4096;
    protected const int OriginLength = 256 * Chunk;

    protected static MemoryBlockDevice OriginDevice(int length = OriginLength, int seed = 7)
    {
        var device = BlockDevice.Memory(length, name: "origin");
        Bytes.Random(length, seed).CopyTo(device.Bytes);
        return device;
    }

    protected static MemoryBlockDevice Cow(int chunks = 300, string name = "cow") => BlockDevice.Memory(chunks * Chunk, name: name);

    protected static async Task<byte[]> ReadAll(IBlockDevice device)
    {
        var bytes = new byte[device.Length];
        await Read(device, 0, bytes);
        return bytes;
    }

    protected static async Task Read(IBlockDevice device, long offset, Memory<byte> into)
    {
        for (var done = 0; done < into.Length;)
        {
            var result = await Soon(device.ReadAsync(offset + done, into[done..]).AsTask());
            Xunit.Assert.True(result is { IsSuccess: true, Bytes: > 0 }, result.ToString());
            done += (int)result.Bytes;
        }
    }

    protected static async Task Write(IBlockDevice device, long offset, ReadOnlyMemory<byte> bytes)
    {
        for (var done = 0; done < bytes.Length;)
        {
            var result = await Soon(device.WriteAsync(offset + done, bytes[done..]).AsTask());
            Xunit.Assert.True(result is { IsSuccess: true, Bytes: > 0 }, result.ToString());
            done += (int)result.Bytes;
        }
    }
}
