using System.Buffers.Binary;

namespace Kcopyd.Actors.TestKit.Checking;

/// <summary>Identifies the content of a sector by a number, for a <see cref="BlockDeviceModel"/>.</summary>
public static class SectorStamp
{
    /// <summary>The stamp of a sector of zeroes.</summary>
    public const long Zero = 0;

    /// <summary>A number that depends on every byte of the content: 0 if all bytes are zero, and a 64-bit hash otherwise. It is the same in every process, and
    /// not meant to withstand an attacker.</summary>
    /// <param name="content">The bytes of one sector, usually 512.</param>
    public static long Of(ReadOnlySpan<byte> content)
    {
        if (content.IndexOfAnyExcept((byte)0) < 0)
            return Zero;
        var hash = Mix((ulong)content.Length + 1);
        for (; content.Length >= sizeof(ulong); content = content[sizeof(ulong)..])
            hash = Mix(hash ^ BinaryPrimitives.ReadUInt64LittleEndian(content));
        foreach (var one in content)
            hash = Mix(hash ^ one);
        return hash == 0 ? 1 : (long)hash;
    }

    // A bijection, so that two contents that differ in one word never meet in that step.
    private static ulong Mix(ulong value)
    {
        value = (value ^ (value >> 29)) * 0xD6E8FEB86659FD93;
        value = (value ^ (value >> 32)) * 0xA0761D6478BD642F;
        return value ^ (value >> 31);
    }
}
