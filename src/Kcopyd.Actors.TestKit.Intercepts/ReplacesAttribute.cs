namespace Kcopyd.Actors.TestKit.Intercepts;

/// <summary>
/// The static method is called by rewritten assemblies instead of a method of .NET. The rewriter reads its table from these attributes; there is no other list.
/// </summary>
/// <remarks>The parameters are those of the original, preceded by the object if that is an instance method. For a constructor the result is the new object. The
/// type parameters are those of the original's type, followed by those of the method.</remarks>
/// <param name="type">The type that declares the original.</param>
/// <param name="member">Its name in metadata: <c>get_UtcNow</c>, <c>.ctor</c>.</param>
[AttributeUsage(AttributeTargets.Method)]
public sealed class ReplacesAttribute(Type type, string member) : Attribute
{
    /// <summary>The type that declares the original.</summary>
    public Type Type { get; } = type;

    /// <summary>The name of the original in metadata.</summary>
    public string Member { get; } = member;

    /// <summary>Replaces only in assemblies that mention this type; null replaces in all.</summary>
    public Type? OnlyWith { get; set; }
}
