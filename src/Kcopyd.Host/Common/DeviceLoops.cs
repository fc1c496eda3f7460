using Kcopyd.Actors;

namespace Kcopyd.Host.Common;

/// <summary>Complete transfers: an error ends the command.</summary>
internal static class DeviceLoops
{
    /// <exception cref="FailureException">The read failed.</exception>
    public static ValueTask ReadAsync(IBlockDevice device, long offset, Memory<byte> into) => OrFail(device.ReadExactlyAsync(offset, into), "read failed");

    /// <exception cref="FailureException">The write failed.</exception>
    public static ValueTask WriteAsync(IBlockDevice device, long offset, ReadOnlyMemory<byte> bytes) =>
        OrFail(device.WriteExactlyAsync(offset, bytes), "write failed");

    /// <exception cref="FailureException">The flush failed; written data may be lost.</exception>
    public static ValueTask FlushAsync(IBlockDevice device) => OrFail(device.FlushOrThrowAsync(), "flush failed");

    private static async ValueTask OrFail(ValueTask transfer, string what)
    {
        try
        {
            await transfer.ConfigureAwait(false);
        }
        catch (BlockDeviceException failed)
        {
            throw new FailureException($"{failed.Device.Name}: {what}{(failed.Offset < 0 ? "" : $" at byte {failed.Offset}")}: {failed.Error.Describe()}");
        }
    }
}
