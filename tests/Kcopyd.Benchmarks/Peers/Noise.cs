using System.Runtime.InteropServices;

namespace Kcopyd.Benchmarks.Peers;

/// <summary>Random bytes, as fast as memory is written: gigabytes of them are needed, and a seeded <see cref="Random"/> makes them one by one.</summary>
internal static class Noise
{
    /// <summary>SplitMix64: as good as random, and another one for each number.</summary>
    public static ulong Mix(ulong number)
    {
        var mixed = unchecked(number + 0x9E3779B97F4A7C15);
        mixed = unchecked((mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9);
        mixed = unchecked((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB);
        return mixed ^ (mixed >> 31);
    }

    /// <summary>Fills a span, of a multiple of 8 bytes, with what belongs to a seed and a place.</summary>
    public static void Fill(Span<byte> bytes, int seed, long offset)
    {
        var number = Mix((ulong)seed) + ((ulong)offset / sizeof(ulong));
        foreach (ref var word in MemoryMarshal.Cast<byte, ulong>(bytes))
            word = Mix(number++);
    }
}
