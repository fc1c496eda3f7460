using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Kcopyd.Actors.Mirrors;

/// <summary>Recognizes the device of a leg, so that legs listed in another order are noticed.</summary>
internal static class LegKey
{
    /// <summary>A hash of the device's stable key, see <see cref="FileBlockDevice"/>; 0 if it has none.</summary>
    public static ulong Of(IBlockDevice device)
    {
        var (offset, length) = (0L, device.Length);
        if (RangeBlockDevice.Unwrap(device, ref offset, ref length) is not FileBlockDevice file || file.StableKey(offset) is not { } key)
            return 0;
        return Math.Max(1, BinaryPrimitives.ReadUInt64LittleEndian(SHA256.HashData(Encoding.UTF8.GetBytes(key))));
    }
}
