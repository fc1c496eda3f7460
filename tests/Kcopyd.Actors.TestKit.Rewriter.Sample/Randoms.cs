using System.Security.Cryptography;

namespace RewriterSample;

public static class Randoms
{
    public static readonly Random Kept = new();

    public static int OfKept() => Kept.Next();

    public static Random New() => new();

    public static Random Shared() => Random.Shared;

    public static Guid NewGuid() => Guid.NewGuid();

    public static Guid Version7() => Guid.CreateVersion7();

    public static Guid Version7Of(DateTimeOffset time) => Guid.CreateVersion7(time);

    public static RandomNumberGenerator Create() => RandomNumberGenerator.Create();

    public static byte[] Bytes() => RandomNumberGenerator.GetBytes(16);

    public static byte[] Fill()
    {
        var bytes = new byte[16];
        RandomNumberGenerator.Fill(bytes);
        return bytes;
    }

    public static int Below(int end) => RandomNumberGenerator.GetInt32(end);

    public static int Between(int begin, int end) => RandomNumberGenerator.GetInt32(begin, end);

    public static int[] Items() => RandomNumberGenerator.GetItems<int>([1, 2, 3, 4, 5, 6, 7, 8], 16);

    public static string Text() => RandomNumberGenerator.GetString("abcdefgh", 16);

    public static string Hex() => RandomNumberGenerator.GetHexString(32, true);

    public static int[] Shuffled()
    {
        int[] values = [.. Enumerable.Range(0, 50)];
        RandomNumberGenerator.Shuffle<int>(values);
        return values;
    }
}

/// <summary>Calls a constructor that is replaced, but as a base class: cannot be redirected.</summary>
public sealed class DerivedRandom : Random;
