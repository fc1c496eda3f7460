using System.Reflection;
using System.Runtime.Loader;
using Kcopyd.Actors.TestKit.Intercepts;
using Xunit;

namespace Kcopyd.Actors.TestKit.Rewriter.Tests.Support;

/// <summary>A copy of the sample assembly, rewritten and loaded beside the original. Shares the intercepts with the test.</summary>
public sealed class RewrittenSample : IDisposable
{
    public static readonly string Original = Path.Combine(AppContext.BaseDirectory, "RewriterSample.dll");

    private readonly TemporaryFolder _folder = new();
    private readonly Assembly _assembly;

    public RewrittenSample()
    {
        var copy = _folder.Copy(Original);
        _folder.Copy(Path.ChangeExtension(Original, ".pdb"));
        Result = new AssemblyRewriter(ReplacementTable.OfIntercepts(), [_folder.Path, AppContext.BaseDirectory]).Rewrite(copy, true, false);
        Assert.Null(Result.Error);
        // one context for each test: static fields start anew
        _assembly = new AssemblyLoadContext("rewritten").LoadFromAssemblyPath(copy);
    }

    internal RewriteResult Result { get; }

    /// <summary>Calls a static method of the sample, such as <c>Clocks.UtcNow</c>, with arguments of these very types.</summary>
    public T Call<T>(string method, params object?[] arguments) => (T)Call(method, arguments)!;

    /// <summary>The same inside a simulation.</summary>
    public T Call<T>(ISimulatedEnvironment environment, string method, params object?[] arguments)
    {
        using (Interception.Enter(environment))
            return (T)Call(method, arguments)!;
    }

    public object? Call(string method, params object?[] arguments)
    {
        var (type, name) = (method[..method.IndexOf('.')], method[(method.IndexOf('.') + 1)..]);
        var found = _assembly.GetType($"RewriterSample.{type}", throwOnError: true)!.GetMethods(BindingFlags.Public | BindingFlags.Static)
            .Single(m => m.Name == name && !m.IsGenericMethod && Fits(m.GetParameters(), arguments));
        return found.Invoke(null, BindingFlags.DoNotWrapExceptions, null, arguments, null);
    }

    public void Dispose() => _folder.Dispose();

    private static bool Fits(ParameterInfo[] parameters, object?[] arguments) =>
        parameters.Length == arguments.Length && parameters.Zip(arguments).All(p => p.Second is null
            ? !p.First.ParameterType.IsValueType
            : p.First.ParameterType.IsValueType ? p.First.ParameterType == p.Second.GetType() : p.First.ParameterType.IsInstanceOfType(p.Second));
}
