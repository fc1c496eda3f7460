using Xunit;

namespace Kcopyd.Actors.Tests.Devices;

internal static class Bytes
{
    public static byte[] Random(int length, int seed = 1)
    {
        var bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    public static byte[] Filled(int length, byte value)
    {
        var bytes = new byte[length];
        Array.Fill(bytes, value);
        return bytes;
    }

    /// <summary>Reads until all bytes are read, or the device ends, as every caller of a device does; an error fails the test.</summary>
    public static async Task<byte[]> ReadAllAsync(this IBlockDevice device, long offset, int length)
    {
        using var memory = new AlignedMemory(length + 1);
        var done = 0;
        while (done < length)
        {
            var result = await device.ReadAsync(offset + done, memory.Memory[done..length]);
            Assert.Equal(IoError.None, result.Error);
            if (result.Bytes == 0)
                break;
            done += (int)result.Bytes;
        }
        return memory.Memory.Span[..done].ToArray();
    }

    /// <summary>Writes until all bytes are written.</summary>
    /// <returns>The number of transfers.</returns>
    public static async Task<int> WriteAllAsync(this IBlockDevice device, long offset, byte[] bytes)
    {
        using var memory = new AlignedMemory(bytes.Length + 1);
        bytes.CopyTo(memory.Memory);
        int done = 0, transfers = 0;
        while (done < bytes.Length)
        {
            var result = await device.WriteAsync(offset + done, memory.Memory[done..bytes.Length]);
            Assert.Equal(IoError.None, result.Error);
            Assert.NotEqual(0, result.Bytes);
            done += (int)result.Bytes;
            transfers++;
        }
        return transfers;
    }
}
