using System.Buffers.Binary;

namespace Kcopyd.Actors.Snapshots;

/// <summary>Records that a chunk of the snapshot is in the COW store.</summary>
/// <param name="Old">The chunk, counted on the origin.</param>
/// <param name="New">Its place on the COW device, counted in chunks. 0 ends the list of an area: chunk 0 is the header.</param>
public readonly record struct ExceptionRecord(long Old, long New)
{
    internal static ExceptionRecord Read(ReadOnlySpan<byte> area, int index)
    {
        var at = area[(index * StoreGeometry.RecordSize)..];
        return new(BinaryPrimitives.ReadInt64LittleEndian(at), BinaryPrimitives.ReadInt64LittleEndian(at[8..]));
    }

    internal void Write(Span<byte> area, int index)
    {
        var at = area[(index * StoreGeometry.RecordSize)..];
        BinaryPrimitives.WriteInt64LittleEndian(at, Old);
        BinaryPrimitives.WriteInt64LittleEndian(at[8..], New);
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Old}->{New}";
}
