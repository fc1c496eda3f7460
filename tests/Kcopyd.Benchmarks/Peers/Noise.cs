using System.Runtime.InteropServices;

namespace Kcopyd.Benchmarks.Peers;

/// <summary>Random bytes at the speed of writing memory: gigabytes are needed, and a seeded <see cref="Random"/> generates them one by one.</summary>
internal static class Noise
{
    /// <summary>SplitMix64: a pseudo-random number, different for each argument.</summary>
    public static ulong Mix(ulong number)
    {
        var mixed = unchecked(number + 0x9E3779B97F4A7C15);
        mixed = unchecked((mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9);
        mixed = unchecked((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB);
        return mixed ^ (mixed >> 31);
    }

    /// <summary>Fills a span, whose length is a multiple of 8 bytes, with the bytes of a seed at an offset.</summary>
    public static void Fill(Span<byte> bytes, int seed, long offset)
    {
        var number = Mix((ulong)seed) + ((ulong)offset / sizeof(ulong));
        foreach (ref var word in MemoryMarshal.Cast<byte, ulong>(bytes))
            word = Mix(number++);
    }
}
