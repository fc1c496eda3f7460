namespace Kcopyd.Actors;

/// <summary>What a process is going to do with a file or block device, see <see cref="StorageLock"/>.</summary>
/// <param name="Path">The path; symbolic links are followed. Nothing is claimed of what does not exist and of what stores nothing.</param>
/// <param name="IsExclusive">True for a writer, which shares it with nobody; false for a reader, which shares it with readers.</param>
public readonly record struct StorageClaim(string Path, bool IsExclusive);
