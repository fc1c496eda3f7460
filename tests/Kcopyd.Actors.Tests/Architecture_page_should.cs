using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using Xunit;

namespace Kcopyd.Actors.Tests;

public sealed partial class Architecture_page_should
{
    private const BindingFlags Any = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    [Fact]
    public void name_only_types_and_functions_that_exist()
    {
        var types = typeof(KcopydExtension).Assembly.GetTypes().Concat(typeof(Architecture_page_should).Assembly.GetTypes())
            .ToLookup(static type => type.Name.Split('`')[0], StringComparer.Ordinal);
        var page = File.ReadAllText(Path.GetFullPath(Path.Combine(Folder(), "../../docs/architecture.md")));
        var named = Named().Matches(page[page.IndexOf("## One copy", StringComparison.Ordinal)..]).Select(static match => match.Value).Distinct().ToList();
        Assert.True(named.Count > 30, $"only {named.Count} names were found");
        Assert.DoesNotContain(named, name => !Exists(name, types));
    }

    // A type, a member of one, or a member of any.
    private static bool Exists(string name, ILookup<string, Type> types) => name.Split('.') is [var type, var member]
        ? types[type].Any(each => each.GetMember(member, Any).Length > 0
            || each.GetMembers(Any).Any(other => other.Name.EndsWith("." + member, StringComparison.Ordinal)))
        : types.Contains(name) || types.SelectMany(static same => same).Any(each => each.GetMember(name, Any).Length > 0);

    private static string Folder([CallerFilePath] string path = "") => Path.GetDirectoryName(path)!;

    // A name in code has an inner capital letter, as JobRunner has; one without, such as Pump, counts only after a type.
    [GeneratedRegex(@"\b[A-Z][a-z]+[A-Z]\w*(\.[A-Z]\w+)?\b|\bI[A-Z][a-z]\w+(\.[A-Z]\w+)?\b|\b(Snapshot|Job|Snapshots)\.[A-Z]\w+")]
    private static partial Regex Named();
}
