using Mono.Cecil;

namespace Kcopyd.Actors.TestKit.Rewriter;

/// <summary>What happened to one assembly.</summary>
internal sealed class RewriteResult(string path)
{
    private readonly SortedDictionary<string, int> _redirected = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, int> _notRedirected = new(StringComparer.Ordinal);

    /// <summary>Why the assembly was left as it is; null if it was rewritten.</summary>
    public string? Skipped { get; init; }

    /// <summary>Why it cannot be rewritten; null if it was, or need not be.</summary>
    public string? Error { get; init; }

    /// <summary>How often each method was replaced.</summary>
    public IReadOnlyDictionary<string, int> Redirections => _redirected;

    /// <summary>What leaves a simulation, by whom and why, and how often.</summary>
    public IReadOnlyDictionary<string, int> Leaks => _notRedirected;

    public void Redirected(MethodReference called) => Count(_redirected, Name(called));

    public void NotRedirected(MethodDefinition caller, MethodReference called, string why) =>
        Count(_notRedirected, $"{Outermost(caller.DeclaringType).FullName} calls {Name(called)}: {why}");

    public void Uses(MethodDefinition caller, TypeReference type, string why) =>
        Count(_notRedirected, $"{Outermost(caller.DeclaringType).FullName} uses {type.GetElementType().FullName}: {why}");

    public void Write(bool report, TextWriter output, TextWriter errors)
    {
        if (Error is not null)
        {
            errors.WriteLine($"{path}: error KCR0002: The assembly cannot be rewritten for a simulation: {Error}.");
            return;
        }
        output.WriteLine($"{Path.GetFileName(path)}: {Skipped ?? $"{_redirected.Values.Sum()} calls redirected"}");
        if (!report)
            return;
        foreach (var (name, count) in _redirected)
            output.WriteLine($"  redirected {count,5} x {name}");
        foreach (var (name, count) in _notRedirected)
            output.WriteLine($"  leaves     {count,5} x {name}");
    }

    private static void Count(SortedDictionary<string, int> counts, string key) => counts[key] = counts.GetValueOrDefault(key) + 1;

    private static string Name(MethodReference method)
    {
        var element = method.GetElementMethod();
        return $"{element.DeclaringType.GetElementType().FullName}.{element.Name}({string.Join(", ", element.Parameters.Select(p => p.ParameterType.Name))})";
    }

    /// <summary>The type in the source: closures and state machines are nested in it.</summary>
    private static TypeDefinition Outermost(TypeDefinition type) => type.DeclaringType is null ? type : Outermost(type.DeclaringType);
}

/// <summary>An assembly cannot be rewritten; the message is the end of a sentence for the user.</summary>
internal sealed class RewriteException(string message) : Exception(message);
