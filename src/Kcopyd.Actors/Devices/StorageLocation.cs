namespace Kcopyd.Actors;

/// <summary>
/// A byte's home beneath all layers. Two locations are the same storage if their <see cref="Storage"/> objects are equal;
/// a null storage keeps nothing, and so overlaps nothing.
/// </summary>
/// <param name="Storage">Identity of what stores the bytes, compared by <see cref="object.Equals(object)"/>; null if nothing does.</param>
/// <param name="Offset">Byte offset within it.</param>
public readonly record struct StorageLocation(object? Storage, long Offset);
