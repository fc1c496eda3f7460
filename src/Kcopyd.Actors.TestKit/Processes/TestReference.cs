using System.Reflection;
using System.Runtime.CompilerServices;

namespace Kcopyd.Actors.TestKit.Processes;

/// <summary>A test by the place of its code, so that another process can call it.</summary>
/// <param name="Assembly">The path of the assembly.</param>
/// <param name="Token">The metadata token of the method.</param>
/// <param name="Name">The name, for messages.</param>
internal sealed record TestReference(string Assembly, int Token, string Name)
{
    /// <exception cref="ArgumentException">The test needs an object that only this process has.</exception>
    public static TestReference Of(Func<World, Task> test)
    {
        var method = test.Method;
        if (test.GetInvocationList().Length > 1)
            throw new ArgumentException("Two tests in one delegate cannot run in another process. Pass one method.", nameof(test));
        if (test.Target is { } target && !IsWithoutState(target.GetType()))
        {
            throw new ArgumentException(
                $"{method.DeclaringType}.{method.Name} uses an object or a variable of this process, and it is to run in another one. Make it static.",
                nameof(test));
        }
        return new TestReference(method.Module.Assembly.Location, method.MetadataToken, $"{method.DeclaringType}.{method.Name}");
    }

    public Func<World, Task> Load()
    {
        var assembly = System.Reflection.Assembly.LoadFrom(Assembly);
        var method = (MethodInfo)assembly.ManifestModule.ResolveMethod(Token)!;
        return method.IsStatic
            ? method.CreateDelegate<Func<World, Task>>()
            : method.CreateDelegate<Func<World, Task>>(Activator.CreateInstance(method.DeclaringType!, nonPublic: true));
    }

    // A lambda that captures nothing is a method of an object without fields.
    private static bool IsWithoutState(Type type) =>
        type.IsDefined(typeof(CompilerGeneratedAttribute)) && type.GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic).Length == 0;
}
