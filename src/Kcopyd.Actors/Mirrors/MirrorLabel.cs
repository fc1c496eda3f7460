using System.Buffers.Binary;
using System.Numerics;

namespace Kcopyd.Actors.Mirrors;

/// <summary>What the kernel's log does not record: the size of the regions, the legs, and which of them are stale. Kept in the second sector of the log, which
/// the kernel reads and writes back unchanged.</summary>
/// <remarks>
/// Layout, little-endian, from byte 512 of the log: 0 the magic "kcopyd-m", 8 bytes; 8 version 1, 32 bits; 12 number of legs, 32 bits; 16 the mirror's length
/// in bytes, 64 bits; 24 the region size in bytes, 64 bits; 64 an entry of 16 bytes per leg: the hash of its key, 64 bits, 0 if unknown; flags, 32 bits, 1
/// stale; 32 bits zero; 508 the CRC-32C of the bytes from 0 to 507. A sector is written whole or not at all.
/// </remarks>
/// <param name="Length">The mirror's length in bytes.</param>
/// <param name="RegionSize">Bytes of a region.</param>
/// <param name="Legs">The legs in order.</param>
internal sealed record MirrorLabel(long Length, long RegionSize, IReadOnlyList<LegLabel> Legs)
{
    public const int Offset = 512, Size = 512;

    /// <summary>Maximum number of legs. The kernel's is 9.</summary>
    public const int MaxLegs = 24;

    private const int VersionAt = 8, CountAt = 12, LengthAt = 16, RegionSizeAt = 24, LegsAt = 64, LegSize = 16, CrcAt = 508;
    private const uint KnownVersion = 1, Stale = 1;

    private static ReadOnlySpan<byte> Magic => "kcopyd-m"u8;

    /// <returns>Null if there is none.</returns>
    /// <exception cref="MirrorLogException">The label is damaged, or its version is newer than this code.</exception>
    public static MirrorLabel? Read(ReadOnlySpan<byte> sector, string device)
    {
        if (!sector.StartsWith(Magic))
            return null;
        var version = BinaryPrimitives.ReadUInt32LittleEndian(sector[VersionAt..]);
        if (version != KnownVersion)
        {
            throw new MirrorLogException(MirrorLogError.UnknownVersion, device,
                $" has a label of version {version}, made by a newer release; this one knows version {KnownVersion}");
        }
        var count = BinaryPrimitives.ReadUInt32LittleEndian(sector[CountAt..]);
        if (BinaryPrimitives.ReadUInt32LittleEndian(sector[CrcAt..]) != Crc(sector) || count > MaxLegs)
        {
            throw new MirrorLogException(MirrorLogError.DamagedLabel, device,
                ": the label in its second sector has a wrong checksum, so that it is unknown which legs are stale",
                "; compare the legs, and create the log again from the good one.");
        }
        var legs = new LegLabel[count];
        for (var i = 0; i < legs.Length; i++)
        {
            var leg = sector[(LegsAt + i * LegSize)..];
            legs[i] = new LegLabel(BinaryPrimitives.ReadUInt64LittleEndian(leg), (BinaryPrimitives.ReadUInt32LittleEndian(leg[8..]) & Stale) != 0);
        }
        return new MirrorLabel(
            BinaryPrimitives.ReadInt64LittleEndian(sector[LengthAt..]), BinaryPrimitives.ReadInt64LittleEndian(sector[RegionSizeAt..]), legs);
    }

    public void Write(Span<byte> sector)
    {
        sector.Clear();
        Magic.CopyTo(sector);
        BinaryPrimitives.WriteUInt32LittleEndian(sector[VersionAt..], KnownVersion);
        BinaryPrimitives.WriteUInt32LittleEndian(sector[CountAt..], (uint)Legs.Count);
        BinaryPrimitives.WriteInt64LittleEndian(sector[LengthAt..], Length);
        BinaryPrimitives.WriteInt64LittleEndian(sector[RegionSizeAt..], RegionSize);
        for (var i = 0; i < Legs.Count; i++)
        {
            var leg = sector[(LegsAt + i * LegSize)..];
            BinaryPrimitives.WriteUInt64LittleEndian(leg, Legs[i].Key);
            BinaryPrimitives.WriteUInt32LittleEndian(leg[8..], Legs[i].IsStale ? Stale : 0);
        }
        BinaryPrimitives.WriteUInt32LittleEndian(sector[CrcAt..], Crc(sector));
    }

    private static uint Crc(ReadOnlySpan<byte> sector)
    {
        var crc = uint.MaxValue;
        for (var at = 0; at < CrcAt; at += sizeof(uint))
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt32LittleEndian(sector[at..]));
        return ~crc;
    }
}

/// <summary>A leg in a log.</summary>
/// <param name="Key">Identifies its device, see <see cref="LegKey"/>; 0 if unknown.</param>
/// <param name="IsStale">True if it lacks writes that were acknowledged: its regions that the log does not call clean must be copied to it, never from
/// it.</param>
internal readonly record struct LegLabel(ulong Key, bool IsStale);
