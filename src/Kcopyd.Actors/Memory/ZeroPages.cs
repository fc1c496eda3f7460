namespace Kcopyd.Actors.Memory;

/// <summary>Zeroes that all writers share: page-aligned, never written.</summary>
internal static class ZeroPages
{
    public static ReadOnlyMemory<byte> Memory { get; } = AlignedMemory.Allocate(64 * 1024);
}
