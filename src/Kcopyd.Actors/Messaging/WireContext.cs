using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Kcopyd.Actors.Messaging;

/// <summary>
/// The context that a requester passes with a job and receives with its result, when it crosses the wire. The type name travels with it, because serializers
/// change types: an enumeration arrives as a number, a number as a larger one. The original type is restored where possible; otherwise the client rejects the
/// job, so that a requester never receives a context other than the one it passed.
/// </summary>
internal static class WireContext
{
    private static readonly ConcurrentDictionary<Type, string> Names = new();

    /// <summary>The name of the context's type, sent with it; null for no context.</summary>
    public static string? TypeOf(object? context) =>
        context is null ? null : Names.GetOrAdd(context.GetType(), static type => $"{type.FullName}, {type.Assembly.GetName().Name}");

    /// <summary>Converts the context back to its original type, if possible.</summary>
    public static object? Restore(object? context, string? type)
    {
        if (context is not IConvertible || type is null || TypeOf(context) == type || Find(type) is not { } given)
            return context;
        try
        {
            return given.IsEnum ? Enum.ToObject(given, context)
                : given.IsPrimitive || given == typeof(decimal) ? Convert.ChangeType(context, given, CultureInfo.InvariantCulture)
                : given == typeof(Guid) && context is string text ? Guid.Parse(text)
                : context;
        }
        catch (Exception lossy) when (lossy is ArgumentException or FormatException or InvalidCastException or OverflowException)
        {
            return context;
        }
    }

    // Must not load an assembly: the name comes from the wire.
    [UnconditionalSuppressMessage("Trimming", "IL2026",
        Justification = "A type that was trimmed is not found: the client rejects the job, as it does for every context that it cannot restore.")]
    private static Type? Find(string name) => name.Split(", ") is [var type, var assembly]
        ? Array.Find(AppDomain.CurrentDomain.GetAssemblies(), loaded => loaded.GetName().Name == assembly)?.GetType(type, throwOnError: false)
        : null;

    /// <exception cref="ArgumentException">The context differs from the one that was sent.</exception>
    public static void RequireIntact(object? context, string? type)
    {
        if (type is not null && TypeOf(context) != type)
            throw new ArgumentException($"The context was a {type} and arrived as {TypeOf(context) ?? "nothing"}: "
                + "pass a context that the serializer of your system preserves, such as a string, a number or an IActorRef.", nameof(context));
    }
}
