using Kcopyd.Actors.TestKit.Intercepts.Ambient;

namespace Kcopyd.Actors.TestKit.Intercepts.Calls;

/// <summary>Random numbers without a seed, and identifiers. <c>new Random(seed)</c> is repeatable and stays as it is.</summary>
public static class RandomCalls
{
    /// <summary>A generator with a stream of its own in each simulation, so that it may be kept in a static field.</summary>
    [Replaces(typeof(Random), ".ctor")]
    public static Random NewRandom() => new AmbientRandom();

    /// <inheritdoc cref="Random.Shared"/>
    [Replaces(typeof(Random), "get_Shared")]
    public static Random RandomShared() => AmbientRandom.Shared;

    /// <inheritdoc cref="Guid.NewGuid"/>
    [Replaces(typeof(Guid), "NewGuid")]
    public static Guid GuidNewGuid() => Interception.Here() is { } state ? RandomGuid(state, 4, null) : Guid.NewGuid();

    /// <inheritdoc cref="Guid.CreateVersion7()"/>
    [Replaces(typeof(Guid), "CreateVersion7")]
    public static Guid GuidCreateVersion7() =>
        Interception.Here() is { } state ? RandomGuid(state, 7, state.Environment.UtcNow) : Guid.CreateVersion7();

    /// <inheritdoc cref="Guid.CreateVersion7(DateTimeOffset)"/>
    [Replaces(typeof(Guid), "CreateVersion7")]
    public static Guid GuidCreateVersion7(DateTimeOffset timestamp)
    {
        if (Interception.Here() is not { } state)
            return Guid.CreateVersion7(timestamp);
        ArgumentOutOfRangeException.ThrowIfNegative(timestamp.ToUnixTimeMilliseconds(), nameof(timestamp));
        return RandomGuid(state, 7, timestamp);
    }

    /// <summary>Akka.NET's generator, which it keeps for each thread, and so from one simulation to the next.</summary>
    [AnswersFor("Akka", "Akka.Util.ThreadLocalRandom", "get_Current")]
    public static Random? AkkaThreadLocalRandom() => Interception.Here()?.Environment.Random;

    private static Guid RandomGuid(SimulationState state, int version, DateTimeOffset? timestamp)
    {
        Span<byte> bytes = stackalloc byte[16];
        state.Environment.Random.NextBytes(bytes);
        if (timestamp is { } time)
        {
            var milliseconds = time.ToUnixTimeMilliseconds();
            for (var i = 5; i >= 0; i--, milliseconds >>= 8)
                bytes[i] = (byte)milliseconds;
        }
        bytes[6] = (byte)((bytes[6] & 0x0f) | (version << 4));
        bytes[8] = (byte)((bytes[8] & 0x3f) | 0x80);
        return new Guid(bytes, bigEndian: true);
    }
}
