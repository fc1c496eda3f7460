using System.Security.Cryptography;

namespace Kcopyd.Interop.Tests.Snapshots;

/// <summary>What one side showed at one point of a script: the result of an operation, a status, or the bytes that were read.</summary>
internal sealed record Observation(string What, string Result, byte[]? Data = null)
{
    public bool IsLike(Observation other) => What == other.What && Result == other.Result
        && (Data is null ? other.Data is null : other.Data is not null && Data.AsSpan().SequenceEqual(other.Data));

    public override string ToString() => Data is null
        ? $"{What}: {Result}"
        : $"{What}: {Result} {Data.Length} bytes {Convert.ToHexStringLower(SHA256.HashData(Data))[..12]}";

    /// <summary>The differences between two sides, as text.</summary>
    public static IEnumerable<string> Differences(string left, IReadOnlyList<Observation> ours, string right, IReadOnlyList<Observation> theirs)
    {
        if (ours.Count != theirs.Count)
            yield return $"{left} has {ours.Count} observations, {right} {theirs.Count}";
        for (var i = 0; i < Math.Min(ours.Count, theirs.Count); i++)
        {
            if (!ours[i].IsLike(theirs[i]))
                yield return $"#{i}: {left} {ours[i]}\n      {right} {theirs[i]}{Place(ours[i].Data, theirs[i].Data)}";
        }
    }

    private static string Place(byte[]? ours, byte[]? theirs)
    {
        if (ours is null || theirs is null)
            return "";
        var sectors = Enumerable.Range(0, Math.Min(ours.Length, theirs.Length) / 512)
            .Where(i => !ours.AsSpan(i * 512, 512).SequenceEqual(theirs.AsSpan(i * 512, 512)));
        return $"; sectors that differ: {string.Join(' ', sectors.Take(40))}";
    }
}
