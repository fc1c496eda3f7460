using System.Runtime.InteropServices;

namespace Kcopyd.Actors.Tests.Snapshots.Model;

/// <summary>A sector holds its writer and its place 64 times: this tells which write it shows, and whether it is complete and in its place.</summary>
internal static class Sector
{
    public const int Size = IoRegion.SectorSize;

    /// <summary>The writer of a sector that is neither zero nor complete and in its place.</summary>
    public const int Torn = -1;

    private const int PlaceBits = 24;

    public static void Fill(Span<byte> bytes, int writer, int first)
    {
        var words = MemoryMarshal.Cast<byte, long>(bytes);
        for (var i = 0; i < words.Length; i++)
            words[i] = writer == 0 ? 0 : ((long)writer << PlaceBits) | (uint)(first + i / (Size / sizeof(long)));
    }

    /// <summary>The writer; 0 if the sector was never written, or with zeroes.</summary>
    public static int WriterOf(ReadOnlySpan<byte> sector, int place)
    {
        var words = MemoryMarshal.Cast<byte, long>(sector);
        if (words.ContainsAnyExcept(words[0]))
            return Torn;
        return words[0] == 0 ? 0 : (words[0] & ((1 << PlaceBits) - 1)) == place ? (int)(words[0] >> PlaceBits) : Torn;
    }
}
