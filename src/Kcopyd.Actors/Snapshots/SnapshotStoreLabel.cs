using System.Buffers.Binary;
using System.Numerics;
using System.Text;
using Kcopyd.Actors.IO;

namespace Kcopyd.Actors.Snapshots;

/// <summary>Of which origin a store is a snapshot, and whether it was closed properly: in the first sector of the store, behind the kernel's header.</summary>
/// <remarks>
/// The kernel (6.1) keeps these bytes when it uses a store and when it merges one, and zeroes them when it invalidates or makes one. A store without them is
/// taken as it is. Layout, little-endian: at byte 16 the magic "kcopyd-1", 8 bytes; 24 flags, 1 unclean, 2 merging; 32 the store's id, 16 bytes; 48 the
/// origin's length, 64 bits; 64 the origin's key, 128 bytes; 192 the origin's name, 312 bytes, both UTF-8 and padded with zeroes; 508 the CRC-32C of all that,
/// from byte 16 on.
/// </remarks>
/// <param name="Id">The store's own, made by chance.</param>
/// <param name="OriginLength">Bytes of the origin.</param>
/// <param name="OriginKey">What tells the origin from others, see <see cref="OriginIdentity.Key"/>; null if nothing does.</param>
/// <param name="OriginName">What people called it; long names without their beginning.</param>
/// <param name="IsUnclean">True while the store is in use by a writer of its origin, and for good if that writer did not close it.</param>
public sealed record SnapshotStoreLabel(Guid Id, long OriginLength, string? OriginKey, string OriginName, bool IsUnclean)
{
    private const int MagicAt = 16, FlagsAt = 24, IdAt = 32, LengthAt = 48, KeyAt = 64, NameAt = 192, CrcAt = 508;
    private const uint Unclean = 1, Merging = 2;

    /// <summary>Bytes of a key in UTF-8.</summary>
    internal const int MaxKeySize = NameAt - KeyAt;

    private static ReadOnlySpan<byte> Family => "kcopyd-"u8;

    private static ReadOnlySpan<byte> Magic => "kcopyd-1"u8;

    /// <summary>True from the beginning of a merge until it is complete. As long as there are exceptions, the store then has the only copy of what the origin
    /// is to hold: the rest has been moved there, and a write to the origin may have gone into the store.</summary>
    public bool IsMerging { get; init; }

    /// <summary>The label of a new store of an origin.</summary>
    internal static SnapshotStoreLabel For(IBlockDevice origin, OriginIdentity identity, bool isUnclean) =>
        new(Guid.NewGuid(), origin.Length, identity.Key, identity.Name, isUnclean);

    /// <summary>True if the store may be one of that origin: what both are known by is the same.</summary>
    internal bool IsOf(long length, OriginIdentity identity) =>
        OriginLength == length && (OriginKey is null || identity.Key is null || OriginKey == identity.Key);

    /// <summary>Refuses the store of another origin, and names both.</summary>
    /// <exception cref="SnapshotStoreException">It is one.</exception>
    internal void CheckIsOf(string store, long length, OriginIdentity identity)
    {
        if (!IsOf(length, identity))
            throw new SnapshotStoreException(SnapshotStoreError.OtherOrigin, store, $" is a snapshot of {Described(OriginName, OriginLength, OriginKey)}, not of {Described(identity.Name, length, identity.Key)}.",
                " If the origin was moved or restored, and is what it was, open it with AcceptOrigin.") { Label = this, Origin = identity, OriginLength = length };
    }

    /// <summary>Why an unclean store is refused.</summary>
    internal static SnapshotStoreException UncleanRefusal(string store) => new(SnapshotStoreError.Unclean, store,
        " was in use by a writer of its origin that did not close it. After a crash or a power cut it is whole; but if its own device had failed, it lacks chunks that the origin has overwritten, and the "
        + "two cannot be told apart.", " Open it with UncleanStores.Accept if its device has not failed; otherwise take a new snapshot.");

    /// <summary>Reads it from the first sector.</summary>
    /// <param name="sector">The first 512 bytes of the store.</param>
    /// <param name="device">The device's name, for messages.</param>
    /// <returns>Null if there is none.</returns>
    /// <exception cref="SnapshotStoreException">It is damaged, or newer than this code.</exception>
    internal static SnapshotStoreLabel? Read(ReadOnlySpan<byte> sector, string device)
    {
        var magic = sector.Slice(MagicAt, Magic.Length);
        if (!magic.StartsWith(Family))
            return null;
        if (!magic.SequenceEqual(Magic))
            throw new SnapshotStoreException(SnapshotStoreError.UnknownVersion, device, $" has a label of version {(char)magic[^1]}, made by a newer release; this one knows version 1.") { Version = magic[^1] - '0' };
        if (BinaryPrimitives.ReadUInt32LittleEndian(sector[CrcAt..]) != Crc(sector))
            throw new SnapshotStoreException(SnapshotStoreError.DamagedLabel, device, ": its label, in the first sector, has a wrong checksum: the store is damaged.", " If only the label is, open it with AcceptOrigin.");
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

    /// <summary>Writes it into the first sector, behind the header.</summary>
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

    // The end of a path says more than its beginning.
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

    private static string Described(string name, long length, string? key) => $"{ForeignText.Path(name)} ({length} bytes{(key is null ? "" : $", {ForeignText.Printable(key)}")})";

    private static string Text(ReadOnlySpan<byte> field) => Encoding.UTF8.GetString(field.IndexOf((byte)0) is >= 0 and var end ? field[..end] : field);

    private static uint Crc(ReadOnlySpan<byte> sector)
    {
        var crc = uint.MaxValue;
        for (var at = MagicAt; at < CrcAt; at += sizeof(uint))
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt32LittleEndian(sector[at..]));
        return ~crc;
    }
}
