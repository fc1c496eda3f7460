namespace Kcopyd.Actors.Memory;

/// <summary>A run of pages that a sub-job holds. The default value holds nothing.</summary>
internal readonly record struct PageLease(PageExtent? Extent, int FirstPage, int Pages)
{
    public long Bytes => (long)Pages * PageExtent.PageSize;

    public Memory<byte> Memory(int bytes) => Extent is null ? default : Extent.Slice(FirstPage, bytes);
}
