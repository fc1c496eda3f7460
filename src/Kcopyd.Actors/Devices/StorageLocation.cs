namespace Kcopyd.Actors;

/// <summary>
/// Where a byte is stored, below all layers. Two locations are in the same storage if their <see cref="Storage"/> objects are equal; a null storage stores
/// nothing, and so overlaps nothing.
/// </summary>
/// <param name="Storage">Identity of the storage, compared by <see cref="object.Equals(object)"/>; null if nothing stores the bytes.</param>
/// <param name="Offset">Byte offset within it.</param>
public readonly record struct StorageLocation(object? Storage, long Offset)
{
    /// <summary>True if a range that begins here and one that begins at another location share a byte. This is the only implementation of that
    /// check.</summary>
    /// <param name="length">Bytes of the range that begins here. A range of no bytes counts as one byte, so that an empty file overlaps itself.</param>
    /// <param name="other">Where the other range begins.</param>
    /// <param name="otherLength">Bytes of the other range, counted in the same way.</param>
    public bool Overlaps(long length, StorageLocation other, long otherLength) =>
        Storage is not null && Storage.Equals(other.Storage) && Offset - other.Offset < Math.Max(1, otherLength) && other.Offset - Offset < Math.Max(1, length);

    /// <summary>True if two devices share a byte, regardless of the names and layers through which they were opened.</summary>
    internal static bool Overlap(IBlockDevice one, IBlockDevice other) => one.Locate(0).Overlaps(one.Length, other.Locate(0), other.Length);
}
