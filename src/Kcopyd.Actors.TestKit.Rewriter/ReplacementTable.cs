using System.Reflection;
using Kcopyd.Actors.TestKit.Intercepts;

namespace Kcopyd.Actors.TestKit.Rewriter;

/// <summary>What replaces what: read from the attributes of the intercepts.</summary>
internal sealed class ReplacementTable
{
    private const BindingFlags All = BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    private readonly Dictionary<string, Replacement> _replacements = [];

    private ReplacementTable(Assembly intercepts)
    {
        Intercepts = intercepts;
        Answers = [];
        foreach (var method in intercepts.GetExportedTypes().SelectMany(t => t.GetMethods(BindingFlags.Public | BindingFlags.Static)))
        {
            foreach (var attribute in method.GetCustomAttributes<ReplacesAttribute>())
            {
                var original = Original(method, attribute);
                if (!_replacements.TryAdd(Signature.Of(original), new Replacement(original, method, attribute.OnlyWith?.FullName)))
                    throw new InvalidOperationException($"Two intercepts replace {Signature.Of(original)}; the second is {method}.");
            }
            foreach (var attribute in method.GetCustomAttributes<AnswersForAttribute>())
                Answers.Add((attribute, method));
        }
        // A build of the intercepts has an identifier of its own, so a change of the table is a change of the version.
        Version = $"{intercepts.GetName().Version} {intercepts.ManifestModule.ModuleVersionId} {typeof(ReplacementTable).Module.ModuleVersionId}";
    }

    public Assembly Intercepts { get; }

    /// <summary>Identifies the table and the tool; recorded in rewritten assemblies.</summary>
    public string Version { get; }

    public IReadOnlyCollection<Replacement> Replacements => _replacements.Values;

    public List<(AnswersForAttribute For, MethodInfo Method)> Answers { get; }

    public static ReplacementTable OfIntercepts() => new(typeof(ReplacesAttribute).Assembly);

    public Replacement? Find(Mono.Cecil.MethodReference method) => _replacements.GetValueOrDefault(Signature.Of(method));

    /// <summary>The method that a replacement stands for.</summary>
    /// <exception cref="MissingMethodException">There is none with these parameters.</exception>
    internal static MethodBase Original(MethodInfo replacement, ReplacesAttribute attribute)
    {
        var candidates = attribute.Member == ".ctor"
            ? attribute.Type.GetConstructors(All).Cast<MethodBase>()
            : attribute.Type.GetMethods(All).Where(m => m.Name == attribute.Member);
        return candidates.SingleOrDefault(c => Signature.Of(c) == Signature.OfOriginal(c, replacement) && SameResult(c, replacement))
            ?? throw new MissingMethodException(
                $"{replacement.DeclaringType}.{replacement} replaces {attribute.Type}.{attribute.Member}, which does not exist with these parameters and this result.");
    }

    private static bool SameResult(MethodBase original, MethodInfo replacement)
    {
        var arity = original.DeclaringType!.GetGenericArguments().Length;
        var result = original is MethodInfo method ? Signature.Of(method.ReturnType) : Signature.Of(original.DeclaringType);
        return result == Signature.Of(replacement.ReturnType, arity);
    }
}

/// <summary>A static method that is called instead of another one.</summary>
/// <param name="Original">The method of .NET.</param>
/// <param name="Method">The intercept.</param>
/// <param name="OnlyWith">The full name of a type that an assembly must mention; null for any assembly.</param>
internal sealed record Replacement(MethodBase Original, MethodInfo Method, string? OnlyWith);
