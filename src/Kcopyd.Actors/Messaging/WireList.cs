using System.Diagnostics.CodeAnalysis;

namespace Kcopyd.Actors.Messaging;

/// <summary>Copies lists into arrays for remoting: serializers cannot recreate the type that the compiler generates for <c>[a, b]</c>.</summary>
internal static class WireList
{
    [return: NotNullIfNotNull(nameof(list))]
    public static IReadOnlyList<T>? Of<T>(IReadOnlyList<T>? list) => list as T[] ?? list?.ToArray();
}
