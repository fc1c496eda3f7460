namespace Kcopyd.Actors.TestKit.Intercepts.Ambient;

/// <summary>
/// A generator without a seed: in each simulation it has a stream of its own, which the simulation seeds at the first use; elsewhere it is a plain one.
/// </summary>
/// <remarks>One that was created by the first simulation in a process must give the second the same numbers, hence no draw at creation.</remarks>
internal sealed class AmbientRandom : Random
{
    private readonly Random _original;
    private readonly bool _shared;

    public static new readonly AmbientRandom Shared = new(Random.Shared, true);

    public AmbientRandom()
        : this(new Random(), false)
    {
    }

    private AmbientRandom(Random original, bool shared)
        : base(0)
    {
        _original = original;
        _shared = shared;
    }

    private Random Here => Interception.Here(_shared ? "Random.Shared" : "new Random") switch
    {
        null => _original,
        { } state when _shared => state.Environment.Random,
        { } state when state.Randoms.TryGetValue(this, out var random) => random,
        { } state => Seed(state),
    };

    public override int Next() => Here.Next();

    public override int Next(int maxValue) => Here.Next(maxValue);

    public override int Next(int minValue, int maxValue) => Here.Next(minValue, maxValue);

    public override long NextInt64() => Here.NextInt64();

    public override long NextInt64(long maxValue) => Here.NextInt64(maxValue);

    public override long NextInt64(long minValue, long maxValue) => Here.NextInt64(minValue, maxValue);

    public override float NextSingle() => Here.NextSingle();

    public override double NextDouble() => Here.NextDouble();

    public override void NextBytes(byte[] buffer) => Here.NextBytes(buffer);

    public override void NextBytes(Span<byte> buffer) => Here.NextBytes(buffer);

    protected override double Sample() => Here.NextDouble();

    private Random Seed(SimulationState state)
    {
        var random = new Random(state.Environment.Random.Next());
        state.Randoms.Add(this, random);
        return random;
    }
}
