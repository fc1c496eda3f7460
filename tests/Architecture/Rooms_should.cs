using System.Runtime.CompilerServices;
using Xunit;

namespace Kcopyd.Tests.Architecture;

/// <summary>The code follows the plan in <c>docs/architecture.md</c>: a room uses only rooms below it, so there are no cycles. Compiled into the tests of each
/// project.</summary>
public sealed class Rooms_should
{
    private static readonly string Project = typeof(Rooms_should).Assembly.GetName().Name![..^".Tests".Length];
    private static readonly string Assembly = Project == "Kcopyd.Host" ? "kcopyd.dll" : $"{Project}.dll";
    private static readonly string Root = Path.GetFullPath(Path.Combine(Folder(), "../.."));
    private static readonly string Source = Path.Combine(Root, "src", Project);
    private static readonly Rooms Plan = new(File.ReadAllText(Path.Combine(Root, "docs/architecture.md")), Project);

    [Fact]
    public void use_only_what_is_below_them()
    {
        var uses = Uses.Of(Path.Combine(AppContext.BaseDirectory, Assembly), Source);
        Assert.True(uses.Count > 300, $"only {uses.Count} uses were found: the symbols of {Assembly} name other paths than {Source}");
        var faults = Plan.Faults(uses).ToList();
        Assert.True(faults.Count == 0, $"Move the used type down or its user up, or pass the user what it needs:\n{string.Join('\n', faults)}");
    }

    [Fact]
    public void be_the_folders_of_the_project()
    {
        var files = Directory.EnumerateFiles(Source, "*.cs", SearchOption.AllDirectories).Select(static file => Path.GetRelativePath(Source, file))
            .Where(static file => !file.StartsWith("obj/", StringComparison.Ordinal) && !file.StartsWith("bin/", StringComparison.Ordinal));
        Assert.Empty(Plan.Differences(files));
    }

    [Fact]
    public void name_both_files_of_a_use_that_goes_up_and_of_one_that_stays_on_the_floor()
    {
        var plan = new Rooms(
            "## `Some.Project`\n\n| room | what |\n| --- | --- |\n| `(root)` | the door |\n| `Left` `Right` | features |\n| `Low` | words |\n", "Some.Project");
        var faults = plan.Faults(
        [
            new Use("Low/Word.cs", "Left/Feature.cs", "Feature"),
            new Use("Left/Feature.cs", "Right/Other.cs", "Other"),
            new Use("Door.cs", "Low/Word.cs", "Word"),
        ]);
        Assert.Equal(
            ["Left/Feature.cs uses Other of Right/Other.cs: Right is beside Left", "Low/Word.cs uses Feature of Left/Feature.cs: Left is above Low"], faults);
        Assert.Equal(["Lost: this folder of Some.Project has no floor in docs/architecture.md"],
            plan.Differences(["Door.cs", "Left/A.cs", "Right/B.cs", "Low/C.cs", "Lost/D.cs"]));
    }

    private static string Folder([CallerFilePath] string path = "") => Path.GetDirectoryName(path)!;
}
