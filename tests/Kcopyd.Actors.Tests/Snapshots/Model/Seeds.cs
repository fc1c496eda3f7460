using System.Globalization;

namespace Kcopyd.Actors.Tests.Snapshots.Model;

/// <summary>The seeds to play: <c>KCOPYD_SEED</c>, or as many as <c>KCOPYD_SEEDS</c>, starting at <c>KCOPYD_FIRST_SEED</c>.</summary>
internal static class Seeds
{
    public static bool IsOne => Variable("KCOPYD_SEED") is not null;

    public static (int First, int Count) Of(int count) =>
        Variable("KCOPYD_SEED") is { } one ? (one, 1) : (Variable("KCOPYD_FIRST_SEED") ?? 1, Variable("KCOPYD_SEEDS") ?? count);

    public static int? Variable(string name) =>
        Environment.GetEnvironmentVariable(name) is { } text ? int.Parse(text, CultureInfo.InvariantCulture) : null;
}
