using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Kcopyd.Actors.Messaging;

/// <summary>
/// What a requester gives with a job and gets back with its result, when it crosses a wire. The type travels beside it, because serializers change types: an
/// enumeration arrives as a number, a number as a larger one. What can be brought back is; of anything else the client refuses the job, so that nobody gets
/// back what he did not give.
/// </summary>
internal static class WireContext
{
    private static readonly ConcurrentDictionary<Type, string> Names = new();

    /// <summary>The name of the type that travels; null for no context.</summary>
    public static string? TypeOf(object? context) => context is null ? null : Names.GetOrAdd(context.GetType(), static type => $"{type.FullName}, {type.Assembly.GetName().Name}");

    /// <summary>The context as it was given, if it can be brought back.</summary>
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

    // A name that came over a wire loads nothing.
    [UnconditionalSuppressMessage("Trimming", "IL2026", Justification = "A type that trimming removed is not found: the client refuses the job, as it does for every context that it cannot give back.")]
    private static Type? Find(string name) => name.Split(", ") is [var type, var assembly]
        ? Array.Find(AppDomain.CurrentDomain.GetAssemblies(), loaded => loaded.GetName().Name == assembly)?.GetType(type, throwOnError: false)
        : null;

    /// <exception cref="ArgumentException">The context is not what was given.</exception>
    public static void RequireIntact(object? context, string? type)
    {
        if (type is not null && TypeOf(context) != type)
            throw new ArgumentException($"The context was a {type} and arrived as {TypeOf(context) ?? "nothing"}: give one that the serializer of your system keeps, such as a string, a number or an IActorRef.", nameof(context));
    }
}
