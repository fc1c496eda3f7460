using System.Runtime.InteropServices;

namespace Kcopyd.Actors.Tests.Snapshots.Model;

/// <summary>A sector holds who wrote it, and where, 64 times over: so a look tells which write it shows, and that it is whole and in its place.</summary>
internal static class Sector
{
    public const int Size = IoRegion.SectorSize;

    /// <summary>What a sector shows that is neither zero nor whole and in its place.</summary>
    public const int Torn = -1;

    private const int PlaceBits = 24;

    public static void Fill(Span<byte> bytes, int writer, int first)
    {
        var words = MemoryMarshal.Cast<byte, long>(bytes);
        for (var i = 0; i < words.Length; i++)
            words[i] = writer == 0 ? 0 : ((long)writer << PlaceBits) | (uint)(first + i / (Size / sizeof(long)));
    }

    /// <summary>Who wrote it; 0 if nobody, or zeroes.</summary>
    public static int WriterOf(ReadOnlySpan<byte> sector, int place)
    {
        var words = MemoryMarshal.Cast<byte, long>(sector);
        if (words.ContainsAnyExcept(words[0]))
            return Torn;
        return words[0] == 0 ? 0 : (words[0] & ((1 << PlaceBits) - 1)) == place ? (int)(words[0] >> PlaceBits) : Torn;
    }
}
