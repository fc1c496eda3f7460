namespace Kcopyd.Actors.TestKit.Intercepts;

/// <summary>
/// The static method, which has no parameters, is called at the start of a method of a third-party assembly. If its result is not null, the method returns it.
/// </summary>
/// <remarks>For state that a simulation must not share with the rest of the process, and that no call to .NET gives away.</remarks>
/// <param name="assembly">The simple name of the assembly.</param>
/// <param name="type">The full name of the type in it.</param>
/// <param name="member">The name, in metadata, of a method without parameters that returns a reference.</param>
[AttributeUsage(AttributeTargets.Method)]
public sealed class AnswersForAttribute(string assembly, string type, string member) : Attribute
{
    /// <summary>The simple name of the assembly.</summary>
    public string Assembly { get; } = assembly;

    /// <summary>The full name of the type.</summary>
    public string Type { get; } = type;

    /// <summary>The name of the method in metadata.</summary>
    public string Member { get; } = member;
}
