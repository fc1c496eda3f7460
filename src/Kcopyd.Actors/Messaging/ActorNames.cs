using System.Globalization;

namespace Kcopyd.Actors.Messaging;

/// <summary>Generates names for actors that were created without one. Any thread.</summary>
/// <remarks>Invariant: names are unique in the process, whatever the prefix. Each kind of actor has its own prefix, which no fixed name in this library
/// uses.</remarks>
internal static class ActorNames
{
    private static long _last;

    public static string Next(string prefix) => string.Create(CultureInfo.InvariantCulture, $"{prefix}-{Interlocked.Increment(ref _last)}");
}
