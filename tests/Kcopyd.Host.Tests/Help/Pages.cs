using System.CommandLine;
using Kcopyd.Host.Help;
using Xunit;

namespace Kcopyd.Host.Tests.Help;

/// <summary>The pages of all commands.</summary>
internal static class Pages
{
    public static CommandConsole Nowhere { get; } = new(TextWriter.Null, TextWriter.Null, IsTerminal: false);

    public static RootCommand Root { get; } = KcopydCommand.CreateRoot(Nowhere, static _ => true);

    public static IReadOnlyList<CommandPage> All { get; } = [.. CommandPage.Of(Root).All];

    /// <summary>The names of the pages, as data for a theory.</summary>
    public static TheoryData<string> Names => [.. All.Select(static page => page.Name)];

    public static CommandPage Named(string name) => All.Single(page => page.Name == name);

    /// <summary>The names and aliases of the page's options.</summary>
    public static IEnumerable<string> OptionNames(this CommandPage page) => page.Options.SelectMany(static option => option.Aliases.Append(option.Name));
}
