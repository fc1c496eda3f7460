using Kcopyd.Actors.Memory;

namespace Kcopyd.Actors.TestKit.Disks;

/// <summary>Reads what a device contains, without its holes.</summary>
internal static class OriginalContent
{
    private const int Piece = 1 << 20;

    /// <summary>Reads the whole device; completes before it returns if the device does.</summary>
    /// <exception cref="BlockDeviceException">The device could not be read.</exception>
    public static async Task CaptureAsync(IBlockDevice device, SparseBytes into)
    {
        if (into.Length == 0)
            return;
        var buffer = AlignedMemory.Allocate((int)Math.Min(Piece, into.Length));
        for (long offset = 0; offset < into.Length;)
        {
            var rest = into.Length - offset;
            if ((device.Features & DeviceFeatures.Map) != 0
                && await device.MapAsync(offset, rest).ConfigureAwait(false) is { Error: IoError.None, IsZero: true, Length: > 0 } hole)
            {
                var skipped = hole.Length >= rest ? rest : hole.Length / device.Alignment * device.Alignment;
                offset += skipped;
                if (skipped > 0)
                    continue;
            }
            var part = buffer[..(int)Math.Min(buffer.Length, into.Length - offset)];
            await device.ReadExactlyAsync(offset, part).ConfigureAwait(false);
            into.Write(offset, part.Span);
            offset += part.Length;
        }
    }
}
