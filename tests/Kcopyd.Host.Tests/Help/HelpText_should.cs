using System.CommandLine;
using Kcopyd.Actors;
using Kcopyd.Host.Help;
using Xunit;

namespace Kcopyd.Host.Tests.Help;

public sealed class HelpText_should : CommandSpec
{
    public static TheoryData<string> Names => Pages.Names;

    [Theory]
    [MemberData(nameof(Names))]
    public async Task name_the_usage_every_option_the_exit_statuses_and_examples(string name)
    {
        var page = Pages.Named(name);
        var outcome = await RunAsync([.. page.Words.Skip(1), "--help"]);
        Assert.Equal((0, ""), (outcome.ExitCode, outcome.Error));
        Assert.StartsWith(name, page.Usage, StringComparison.Ordinal);
        foreach (var option in page.Options)
            Assert.Contains($"\n  {option.Heading}\n      ", outcome.Out, StringComparison.Ordinal);
        foreach (var operand in page.Operands)
            Assert.Contains($"\n  {operand.Name}", outcome.Out, StringComparison.Ordinal);
        Assert.All(page.Notes.Statuses.Select(static status => $"\n  {status.Word}"), status => Assert.Contains(status, outcome.Out, StringComparison.Ordinal));
        string[] writesOrigins = ["kcopyd snapshot write", "kcopyd snapshot merge", "kcopyd snapshot rollback"];
        Assert.Equal(writesOrigins.Contains(name) ? ["0", "1", "2", "3", "130"] : ["0", "1", "2", "130"],
            page.Notes.Statuses.Select(static status => status.Word));
        Assert.NotEmpty(page.Notes.Examples);
        Assert.Contains("\nExamples:\n", outcome.Out, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void give_examples_that_the_command_takes(string name)
    {
        var lines = Pages.Named(name).Notes.Examples.SelectMany(static example => example.Line.Split('\n', '|')).Select(Words);
        foreach (var args in lines.Where(static words => words is ["kcopyd", ..]))
        {
            string[] typed = [.. args.Skip(1)];
            var parsed = Pages.Root.Parse(typed, new ParserConfiguration { ResponseFileTokenReplacer = null });
            Assert.Empty(CommandLineCheck.Find(parsed, typed));
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void fit_into_the_width_of_a_terminal_where_words_do(string name)
    {
        var page = Pages.Named(name);
        var typed = page.Notes.Examples.SelectMany(static example => example.Line.Split('\n')).ToHashSet();
        foreach (var line in HelpText.Of(page, 60).Split('\n').Where(line => !typed.Contains(line.Trim())))
            Assert.True(
                line.Length <= 60 || !line.Trim().Contains(' ', StringComparison.Ordinal) || page.Options.Any(option => option.Heading == line.Trim()), line);
    }

    [Fact]
    public void explain_every_word_that_offload_takes() =>
        Assert.Equal([.. OffloadNames.All, OffloadNames.None], TransferNotes.Offload.Items.Select(static item => item.Word));

    [Fact]
    public async Task say_what_the_defaults_are()
    {
        var help = (await RunAsync("copy", "--help")).Out;
        Assert.Contains("Default: 512K.", help, StringComparison.Ordinal);
        Assert.Contains("Default: auto.", help, StringComparison.Ordinal);
        Assert.Contains("Default: warning.", help, StringComparison.Ordinal);
    }

    [Fact]
    public async Task be_printed_for_a_command_line_that_is_not_whole()
    {
        var outcome = await RunAsync("snapshot", "write", "--help");
        Assert.Equal((0, ""), (outcome.ExitCode, outcome.Error));
        Assert.Contains("kcopyd snapshot write --at BYTES --from FILE|- [OPTION...] ORIGIN COW", outcome.Out, StringComparison.Ordinal);
    }

    [Fact]
    public void list_the_commands_that_the_docs_have()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Kcopyd.Actors.sln")))
            folder = folder.Parent!;
        var listed = File.ReadLines(Path.Combine(folder.FullName, "docs/command.md"))
            .Where(static line => line.StartsWith("| `kcopyd ", StringComparison.Ordinal)).Select(static line => line.Split('`')[1]);
        Assert.Equal(Pages.All.Where(static page => page.Words.Count == 2).Select(static page => page.Name), listed);
    }

    // Just enough of a shell: spaces, single quotes, and redirections, which end the command's arguments.
    private static string[] Words(string line)
    {
        var words = new List<string>();
        foreach (var (part, i) in line.Split('\'').Select(static (part, i) => (part, i)))
            words.AddRange(i % 2 == 1 ? [part] : part.Replace("<(", " < ", StringComparison.Ordinal).Split(' ', StringSplitOptions.RemoveEmptyEntries));
        return [.. words.TakeWhile(static word => word is not ">" and not "<")];
    }
}
