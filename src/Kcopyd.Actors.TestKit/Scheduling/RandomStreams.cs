namespace Kcopyd.Actors.TestKit.Scheduling;

/// <summary>Independent sources of chance, one for each purpose: a new consumer in one does not shift the numbers of the others.</summary>
internal sealed class RandomStreams(int seed)
{
    private readonly Dictionary<string, Random> _streams = new(StringComparer.Ordinal);

    public Random this[string purpose]
    {
        get
        {
            if (!_streams.TryGetValue(purpose, out var random))
                _streams.Add(purpose, random = new Random(Mix(seed, purpose)));
            return random;
        }
    }

    // Seeds of neighboring numbers give streams that resemble each other in their first values, so the bits are mixed (the finalizer of MurmurHash3).
    private static int Mix(int seed, string purpose)
    {
        var hash = Fingerprint.Start;
        hash = Fingerprint.Add(hash, seed);
        foreach (var letter in purpose)
            hash = Fingerprint.Add(hash, letter);
        hash ^= hash >> 33;
        hash *= 0xff51afd7ed558ccd;
        hash ^= hash >> 33;
        return (int)hash;
    }
}
