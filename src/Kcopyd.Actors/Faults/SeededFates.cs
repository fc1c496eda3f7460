namespace Kcopyd.Actors.Faults;

/// <summary>A lock-free sequence of random numbers for concurrent threads: the nth number is a hash of the seed and n (SplitMix64).</summary>
internal sealed class SeededFates(int seed)
{
    private const ulong Gamma = 0x9E3779B97F4A7C15;

    private ulong _state = (ulong)(uint)seed * 0xD1342543DE82EF95;

    /// <summary>Returns a number from 0 (inclusive) to 1 (exclusive).</summary>
    public double Next()
    {
        var z = Interlocked.Add(ref _state, Gamma);
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return ((z ^ (z >> 31)) >> 11) * (1.0 / (1UL << 53));
    }
}
