namespace Kcopyd.Host.Mapfiles;

/// <summary>A run of bytes of the input that has one status.</summary>
/// <param name="Position">First byte of the input.</param>
/// <param name="Size">Bytes, at least 1.</param>
/// <param name="Status">What is known of it.</param>
internal readonly record struct MapBlock(long Position, long Size, MapStatus Status)
{
    public long End => Position + Size;
}

/// <summary>The statuses of GNU ddrescue; the value is the character in the file.</summary>
internal enum MapStatus
{
    NonTried = '?',
    NonTrimmed = '*',
    NonScraped = '/',
    BadSector = '-',
    Finished = '+',
}
