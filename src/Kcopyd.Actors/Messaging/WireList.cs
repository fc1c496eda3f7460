using System.Diagnostics.CodeAnalysis;

namespace Kcopyd.Actors.Messaging;

/// <summary>Lists that may cross a wire are arrays: what the compiler makes of <c>[a, b]</c> cannot be made again by a serializer.</summary>
internal static class WireList
{
    [return: NotNullIfNotNull(nameof(list))]
    public static IReadOnlyList<T>? Of<T>(IReadOnlyList<T>? list) => list as T[] ?? list?.ToArray();
}
