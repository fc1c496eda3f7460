using System.Globalization;

namespace Kcopyd.Actors.Messaging;

/// <summary>Names of actors whose users gave none. Any thread.</summary>
/// <remarks>Invariant: no name is made twice in this process, whatever the prefix. A kind of actor has a prefix of its own, which no name that is written in
/// this library has.</remarks>
internal static class ActorNames
{
    private static long _last;

    public static string Next(string prefix) => string.Create(CultureInfo.InvariantCulture, $"{prefix}-{Interlocked.Increment(ref _last)}");
}
