using System.Security.Cryptography;
using Kcopyd.Actors.TestKit.Intercepts.Ambient;

namespace Kcopyd.Actors.TestKit.Intercepts.Calls;

/// <summary>Random numbers for cryptography. In a simulation they are repeatable, and therefore not secret.</summary>
public static class CryptographyCalls
{
    /// <summary>A generator that is the simulation's on a thread in a simulation, so that it may be kept in a static field.</summary>
    [Replaces(typeof(RandomNumberGenerator), "Create")]
    public static RandomNumberGenerator Create() => new AmbientRandomNumberGenerator();

    /// <inheritdoc cref="RandomNumberGenerator.GetBytes(int)"/>
    [Replaces(typeof(RandomNumberGenerator), "GetBytes")]
    public static byte[] GetBytes(int count)
    {
        if (Interception.Here("RandomNumberGenerator.GetBytes") is not { } state)
            return RandomNumberGenerator.GetBytes(count);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        var bytes = new byte[count];
        state.Environment.Random.NextBytes(bytes);
        return bytes;
    }

    /// <inheritdoc cref="RandomNumberGenerator.Fill"/>
    [Replaces(typeof(RandomNumberGenerator), "Fill")]
    public static void Fill(Span<byte> data)
    {
        if (Interception.Here("RandomNumberGenerator.Fill") is { } state)
            state.Environment.Random.NextBytes(data);
        else
            RandomNumberGenerator.Fill(data);
    }

    /// <inheritdoc cref="RandomNumberGenerator.GetInt32(int)"/>
    [Replaces(typeof(RandomNumberGenerator), "GetInt32")]
    public static int GetInt32(int toExclusive)
    {
        if (Interception.Here("RandomNumberGenerator.GetInt32") is not { } state)
            return RandomNumberGenerator.GetInt32(toExclusive);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(toExclusive);
        return state.Environment.Random.Next(toExclusive);
    }

    /// <inheritdoc cref="RandomNumberGenerator.GetInt32(int, int)"/>
    [Replaces(typeof(RandomNumberGenerator), "GetInt32")]
    public static int GetInt32(int fromInclusive, int toExclusive)
    {
        if (Interception.Here("RandomNumberGenerator.GetInt32") is not { } state)
            return RandomNumberGenerator.GetInt32(fromInclusive, toExclusive);
        if (fromInclusive >= toExclusive)
            throw new ArgumentException($"The range from {fromInclusive} to {toExclusive} is empty; the end is exclusive.", nameof(toExclusive));
        return state.Environment.Random.Next(fromInclusive, toExclusive);
    }

    /// <inheritdoc cref="RandomNumberGenerator.GetItems{T}(ReadOnlySpan{T}, int)"/>
    [Replaces(typeof(RandomNumberGenerator), "GetItems")]
    public static T[] GetItems<T>(ReadOnlySpan<T> choices, int length) =>
        Interception.Here("RandomNumberGenerator.GetItems") is { } state
            ? state.Environment.Random.GetItems(choices, length)
            : RandomNumberGenerator.GetItems(choices, length);

    /// <inheritdoc cref="RandomNumberGenerator.GetString"/>
    [Replaces(typeof(RandomNumberGenerator), "GetString")]
    public static string GetString(ReadOnlySpan<char> choices, int length) =>
        Interception.Here("RandomNumberGenerator.GetString") is { } state
            ? new string(state.Environment.Random.GetItems(choices, length))
            : RandomNumberGenerator.GetString(choices, length);

    /// <inheritdoc cref="RandomNumberGenerator.GetHexString(int, bool)"/>
    [Replaces(typeof(RandomNumberGenerator), "GetHexString")]
    public static string GetHexString(int stringLength, bool lowercase) =>
        Interception.Here("RandomNumberGenerator.GetHexString") is { } state
            ? new string(state.Environment.Random.GetItems<char>(lowercase ? "0123456789abcdef" : "0123456789ABCDEF", stringLength))
            : RandomNumberGenerator.GetHexString(stringLength, lowercase);

    /// <inheritdoc cref="RandomNumberGenerator.Shuffle"/>
    [Replaces(typeof(RandomNumberGenerator), "Shuffle")]
    public static void Shuffle<T>(Span<T> values)
    {
        if (Interception.Here("RandomNumberGenerator.Shuffle") is { } state)
            state.Environment.Random.Shuffle(values);
        else
            RandomNumberGenerator.Shuffle(values);
    }
}
