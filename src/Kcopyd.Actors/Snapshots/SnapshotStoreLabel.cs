using System.Buffers.Binary;
using System.Numerics;
using System.Text;
using Kcopyd.Actors.IO;

namespace Kcopyd.Actors.Snapshots;

/// <summary>The origin of a store, and whether the store was closed properly: kept in the store's first sector, behind the kernel's header.</summary>
/// <remarks>
/// The kernel (6.1) keeps these bytes when it uses or merges a store, and zeroes them when it invalidates or creates one. A store without a label is accepted
/// as it is. Layout, little-endian: at byte 16 the magic "kcopyd-1", 8 bytes; 24 flags, 1 unclean, 2 merging; 32 the store's id, 16 bytes; 48 the origin's
/// length, 64 bits; 64 the origin's key, 128 bytes; 192 the origin's name, 312 bytes, both UTF-8 and padded with zeroes; 508 the CRC-32C of the bytes from 16
/// to 507.
/// </remarks>
/// <param name="Id">The store's random identifier.</param>
/// <param name="OriginLength">The origin's length in bytes.</param>
/// <param name="OriginKey">The key that identifies the origin, see <see cref="OriginIdentity.Key"/>; null if there is none.</param>
/// <param name="OriginName">The origin's name in messages; a long name lacks its beginning.</param>
/// <param name="IsUnclean">True while the store is in use by a writer of its origin, and after that if the writer did not close it.</param>
public sealed record SnapshotStoreLabel(Guid Id, long OriginLength, string? OriginKey, string OriginName, bool IsUnclean)
{
    private const int MagicAt = 16, FlagsAt = 24, IdAt = 32, LengthAt = 48, KeyAt = 64, NameAt = 192, CrcAt = 508;
    private const uint Unclean = 1, Merging = 2;

    /// <summary>Maximum size of a key in bytes of UTF-8.</summary>
    internal const int MaxKeySize = NameAt - KeyAt;

    private static ReadOnlySpan<byte> Family => "kcopyd-"u8;

    private static ReadOnlySpan<byte> Magic => "kcopyd-1"u8;

    /// <summary>True from the beginning of a merge until it is complete. While there are exceptions, the store then has the only copy of their content: other
    /// chunks have been moved to the origin, and writes to the origin may have gone into the store.</summary>
    public bool IsMerging { get; init; }

    /// <summary>Creates the label of a new store of an origin.</summary>
    internal static SnapshotStoreLabel For(IBlockDevice origin, OriginIdentity identity, bool isUnclean) =>
        new(Guid.NewGuid(), origin.Length, identity.Key, identity.Name, isUnclean);

    /// <summary>True if the store may belong to an origin: its length is equal, and so are the keys, if both are known.</summary>
    internal bool IsOf(long length, OriginIdentity identity) =>
        OriginLength == length && (OriginKey is null || identity.Key is null || OriginKey == identity.Key);

    /// <summary>Refuses the store of another origin with a message that names both.</summary>
    /// <exception cref="SnapshotStoreException">The store belongs to another origin.</exception>
    internal void CheckIsOf(string store, long length, OriginIdentity identity)
    {
        if (!IsOf(length, identity))
        {
            throw new SnapshotStoreException(SnapshotStoreError.OtherOrigin, store,
                $" is a snapshot of {Described(OriginName, OriginLength, OriginKey)}, not of {Described(identity.Name, length, identity.Key)}.",
                " If the origin was moved or restored and its content is unchanged, open the store with AcceptOrigin.")
            {
                Label = this, Origin = identity, OriginLength = length,
            };
        }
    }

    /// <summary>Creates the exception that refuses an unclean store.</summary>
    internal static SnapshotStoreException UncleanRefusal(string store) => new(SnapshotStoreError.Unclean, store,
        " was in use by a writer of its origin that did not close it. After a crash or a power cut it is whole; but if its own device had failed, it lacks "
        + "chunks that the origin has overwritten, and the two cases cannot be told apart.",
        " Open it with UncleanStores.Accept if its device has not failed; otherwise take a new snapshot.");

    /// <summary>Reads the label from the first sector.</summary>
    /// <param name="sector">The first 512 bytes of the store.</param>
    /// <param name="device">The device's name, for messages.</param>
    /// <returns>Null if there is none.</returns>
    /// <exception cref="SnapshotStoreException">The label is damaged, or its version is newer than this code.</exception>
    internal static SnapshotStoreLabel? Read(ReadOnlySpan<byte> sector, string device)
    {
        var magic = sector.Slice(MagicAt, Magic.Length);
        if (!magic.StartsWith(Family))
            return null;
        if (!magic.SequenceEqual(Magic))
        {
            throw new SnapshotStoreException(SnapshotStoreError.UnknownVersion, device,
                $" has a label of version {(char)magic[^1]}, made by a newer release; this one knows version 1.") { Version = magic[^1] - '0' };
        }
        if (BinaryPrimitives.ReadUInt32LittleEndian(sector[CrcAt..]) != Crc(sector))
        {
            throw new SnapshotStoreException(SnapshotStoreError.DamagedLabel, device,
                ": its label, in the first sector, has a wrong checksum: the store is damaged.", " If only the label is damaged, open it with AcceptOrigin.");
        }
        return new SnapshotStoreLabel(
            new Guid(sector.Slice(IdAt, 16), bigEndian: true),
            BinaryPrimitives.ReadInt64LittleEndian(sector[LengthAt..]),
            Text(sector[KeyAt..NameAt]) is { Length: > 0 } key ? key : null,
            Text(sector[NameAt..CrcAt]),
            (BinaryPrimitives.ReadUInt32LittleEndian(sector[FlagsAt..]) & Unclean) != 0)
        {
            IsMerging = (BinaryPrimitives.ReadUInt32LittleEndian(sector[FlagsAt..]) & Merging) != 0,
        };
    }

    /// <summary>Writes the label into the first sector, behind the header.</summary>
    internal void Write(Span<byte> sector)
    {
        sector[MagicAt..IoRegion.SectorSize].Clear();
        Magic.CopyTo(sector[MagicAt..]);
        BinaryPrimitives.WriteUInt32LittleEndian(sector[FlagsAt..], (IsUnclean ? Unclean : 0) | (IsMerging ? Merging : 0));
        Id.TryWriteBytes(sector.Slice(IdAt, 16), bigEndian: true, out _);
        BinaryPrimitives.WriteInt64LittleEndian(sector[LengthAt..], OriginLength);
        Encoding.UTF8.GetBytes(OriginKey ?? "", sector[KeyAt..NameAt]);
        Encoding.UTF8.GetBytes(End(OriginName, CrcAt - NameAt), sector[NameAt..CrcAt]);
        BinaryPrimitives.WriteUInt32LittleEndian(sector[CrcAt..], Crc(sector));
    }

    // Cuts off the beginning of a name, because the end of a path is more informative.
    private static string End(string name, int bytes)
    {
        if (Encoding.UTF8.GetByteCount(name) <= bytes)
            return name;
        const string Cut = "...";
        var from = 0;
        while (Encoding.UTF8.GetByteCount(name.AsSpan(from)) > bytes - Cut.Length || char.IsLowSurrogate(name[from]))
            from++;
        return Cut + name[from..];
    }

    private static string Described(string name, long length, string? key) =>
        $"{ForeignText.Path(name)} ({length} bytes{(key is null ? "" : $", {ForeignText.Printable(key)}")})";

    private static string Text(ReadOnlySpan<byte> field) => Encoding.UTF8.GetString(field.IndexOf((byte)0) is >= 0 and var end ? field[..end] : field);

    private static uint Crc(ReadOnlySpan<byte> sector)
    {
        var crc = uint.MaxValue;
        for (var at = MagicAt; at < CrcAt; at += sizeof(uint))
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt32LittleEndian(sector[at..]));
        return ~crc;
    }
}
