namespace Kcopyd.Actors;

/// <summary>How a process intends to use a file or block device, see <see cref="StorageLock"/>.</summary>
/// <param name="Path">The path; symbolic links are followed. A path that does not exist, or that stores nothing, claims nothing.</param>
/// <param name="IsExclusive">True for a writer, which excludes all others; false for a reader, which shares it with other readers.</param>
public readonly record struct StorageClaim(string Path, bool IsExclusive);
