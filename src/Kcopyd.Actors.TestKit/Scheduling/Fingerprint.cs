using System.Buffers.Binary;

namespace Kcopyd.Actors.TestKit.Scheduling;

/// <summary>A history in one number: FNV-1a over 64-bit values (draft-eastlake-fnv gives the constants).</summary>
internal static class Fingerprint
{
    public const ulong Start = 14695981039346656037;

    public static ulong Add(ulong fingerprint, long value) => (fingerprint ^ (ulong)value) * 1099511628211;

    /// <summary>Of bytes, by words of eight: a simulated network carries much data.</summary>
    public static long Of(ReadOnlySpan<byte> bytes)
    {
        var fingerprint = Add(Start, bytes.Length);
        for (; bytes.Length >= 8; bytes = bytes[8..])
            fingerprint = Add(fingerprint, BinaryPrimitives.ReadInt64LittleEndian(bytes));
        foreach (var value in bytes)
            fingerprint = Add(fingerprint, value);
        return (long)fingerprint;
    }
}
