namespace Kcopyd.Host.Mapfiles;

/// <summary>A run of bytes of the input that has one status.</summary>
/// <param name="Position">Offset of the first byte in the input.</param>
/// <param name="Size">Size in bytes, at least 1.</param>
/// <param name="Status">The status of these bytes.</param>
internal readonly record struct MapBlock(long Position, long Size, MapStatus Status)
{
    public long End => Position + Size;
}

/// <summary>The block statuses of GNU ddrescue; the value is the character in the file.</summary>
internal enum MapStatus
{
    NonTried = '?',
    NonTrimmed = '*',
    NonScraped = '/',
    BadSector = '-',
    Finished = '+',
}
