using Kcopyd.Actors;

namespace Kcopyd.Host.Common;

/// <summary>Whole transfers, of a device that may do less at a time.</summary>
internal static class DeviceLoops
{
    /// <exception cref="FailureException">It cannot be read.</exception>
    public static async ValueTask ReadAsync(IBlockDevice device, long offset, Memory<byte> into)
    {
        for (var done = 0; done < into.Length;)
        {
            var result = await device.ReadAsync(offset + done, into[done..]).ConfigureAwait(false);
            done += (int)result.Bytes;
            if (done < into.Length && (!result.IsSuccess || result.Bytes == 0))
                throw Failure(device, $"read failed at byte {offset + done}", result.IsSuccess ? IoError.EndOfDevice : result.Error);
        }
    }

    /// <exception cref="FailureException">It cannot be written.</exception>
    public static async ValueTask WriteAsync(IBlockDevice device, long offset, ReadOnlyMemory<byte> bytes)
    {
        for (var done = 0; done < bytes.Length;)
        {
            var result = await device.WriteAsync(offset + done, bytes[done..]).ConfigureAwait(false);
            done += (int)result.Bytes;
            if (done < bytes.Length && (!result.IsSuccess || result.Bytes == 0))
                throw Failure(device, $"write failed at byte {offset + done}", result.IsSuccess ? IoError.EndOfDevice : result.Error);
        }
    }

    /// <exception cref="FailureException">What was written may be lost.</exception>
    public static async ValueTask FlushAsync(IBlockDevice device)
    {
        if (await device.FlushAsync().ConfigureAwait(false) is { IsSuccess: false } failed)
            throw Failure(device, "flush failed", failed.Error);
    }

    private static FailureException Failure(IBlockDevice device, string what, IoError error) =>
        new($"{device.Name}: {what}: {error.Describe()}");
}
