using Kcopyd.Actors.Memory;

namespace Kcopyd.Actors;

/// <summary>Transfers that complete or throw: a single <see cref="IBlockDevice.ReadAsync"/> may be short. Thread-safe.</summary>
public static class BlockDeviceExtensions
{
    /// <summary>Fills a buffer.</summary>
    /// <param name="device">The device.</param>
    /// <param name="offset">Byte offset.</param>
    /// <param name="buffer">Receives the bytes.</param>
    /// <exception cref="BlockDeviceException">Not all of it could be read.</exception>
    public static async ValueTask ReadExactlyAsync(this IBlockDevice device, long offset, Memory<byte> buffer)
    {
        ArgumentNullException.ThrowIfNull(device);
        for (var done = 0; done < buffer.Length;)
        {
            var result = await device.ReadAsync(offset + done, buffer[done..]).ConfigureAwait(false);
            done += (int)result.Bytes;
            if (done < buffer.Length)
                RequireProgress(device, "read failed", offset + done, result);
        }
    }

    /// <summary>Writes a whole buffer.</summary>
    /// <param name="device">The device.</param>
    /// <param name="offset">Byte offset.</param>
    /// <param name="buffer">What to write.</param>
    /// <exception cref="BlockDeviceException">Not all of it could be written.</exception>
    public static async ValueTask WriteExactlyAsync(this IBlockDevice device, long offset, ReadOnlyMemory<byte> buffer)
    {
        ArgumentNullException.ThrowIfNull(device);
        for (var done = 0; done < buffer.Length;)
        {
            var result = await device.WriteAsync(offset + done, buffer[done..]).ConfigureAwait(false);
            done += (int)result.Bytes;
            if (done < buffer.Length)
                RequireProgress(device, "write failed", offset + done, result);
        }
    }

    /// <summary>Makes a whole range read as zeroes, natively where the device can, otherwise by writing zeroes.</summary>
    /// <param name="device">The device.</param>
    /// <param name="offset">Byte offset.</param>
    /// <param name="length">Bytes.</param>
    /// <exception cref="BlockDeviceException">Not all of it could be zeroed.</exception>
    public static async ValueTask WriteZeroesExactlyAsync(this IBlockDevice device, long offset, long length)
    {
        ArgumentNullException.ThrowIfNull(device);
        var isNative = (device.Features & DeviceFeatures.WriteZeroes) != 0;
        for (long done = 0; done < length;)
        {
            var result = isNative
                ? await device.WriteZeroesAsync(offset + done, length - done).ConfigureAwait(false)
                : await device.WriteAsync(offset + done, ZeroPages.Memory[..(int)Math.Min(length - done, ZeroPages.Memory.Length)]).ConfigureAwait(false);
            done += result.Bytes;
            if (isNative && result.Error == IoError.NotSupported)
                isNative = false;
            else if (done < length)
                RequireProgress(device, "zeroing failed", offset + done, result);
        }
    }

    /// <summary>Returns when everything acknowledged before the call is on stable storage.</summary>
    /// <exception cref="BlockDeviceException">Data written since the last successful flush may be lost.</exception>
    public static async ValueTask FlushOrThrowAsync(this IBlockDevice device)
    {
        ArgumentNullException.ThrowIfNull(device);
        if (await device.FlushAsync().ConfigureAwait(false) is { IsSuccess: false } failed)
            throw new BlockDeviceException(device, "flush failed", -1, failed.Error);
    }

    private static void RequireProgress(IBlockDevice device, string what, long offset, IoResult result)
    {
        if (!result.IsSuccess || result.Bytes == 0)
            throw new BlockDeviceException(device, what, offset, result.IsSuccess ? IoError.EndOfDevice : result.Error);
    }
}
