using Xunit;

namespace Kcopyd.Host.Tests.Help;

/// <summary>Each shell itself is asked for its completions.</summary>
public sealed class Completion_should : CommandSpec
{
    private delegate string[] Shell(TempFolder folder, params string[] words);

    public static TheoryData<string> Shells => ["bash", "zsh", "fish"];

    [SkippableTheory]
    [MemberData(nameof(Shells))]
    public async Task offer_every_command_and_every_option(string shell)
    {
        var complete = await LoadAsync(shell);
        foreach (var page in Pages.All)
        {
            var offered = complete(Folder, [.. page.Words, "--"]);
            var options = page.OptionNames().Where(static name => name.StartsWith("--", StringComparison.Ordinal)).Order(StringComparer.Ordinal);
            Assert.Equal((page.Name, string.Join(' ', options)), (page.Name, string.Join(' ', offered)));
            if (page.Commands.Count > 0)
                Assert.Equal(page.Commands.Select(static command => command.Words[^1]).Order(StringComparer.Ordinal), complete(Folder, [.. page.Words, ""]));
        }
    }

    [SkippableTheory]
    [MemberData(nameof(Shells))]
    public async Task offer_the_values_of_options_and_names_of_files(string shell)
    {
        var complete = await LoadAsync(shell);
        Folder.Write("disk.img", []);
        Folder.Write("map", []);
        Assert.Equal(["auto", "buffered", "direct"], complete(Folder, "kcopyd", "copy", "--io", ""));
        Assert.Equal(["P", "PO"], complete(Folder, "kcopyd", "snapshot", "create", "--store", ""));
        Assert.Equal(["disk.img"], complete(Folder, "kcopyd", "copy", "di"));
        Assert.Equal(["map"], complete(Folder, "kcopyd", "copy", "disk.img", "--mapfile", "m"));
        Assert.Equal(["bash", "fish", "zsh"], complete(Folder, "kcopyd", "completion", ""));
        // zsh offers only the last item of the list, the other shells offer the whole word.
        Assert.EndsWith("holes", Assert.Single(complete(Folder, "kcopyd", "zero", "--offload", "reflink,h")), StringComparison.Ordinal);
    }

    private async Task<Shell> LoadAsync(string shell)
    {
        Tool.Need(shell, shell);
        var outcome = await RunAsync("completion", shell);
        Assert.Equal((0, ""), (outcome.ExitCode, outcome.Error));
        await File.WriteAllTextAsync(Folder["_kcopyd"], outcome.Out);
        return shell switch { "bash" => Bash, "zsh" => Zsh, _ => Fish };
    }

    private static string[] Bash(TempFolder folder, params string[] words) => Lines("bash", "-c",
        "cd \"$0\" && source ./_kcopyd && COMP_WORDS=(\"$@\") && COMP_CWORD=$(($# - 1)); _kcopyd; printf '%s\\n' \"${COMPREPLY[@]}\"",
        [Path.GetDirectoryName(folder["x"])!, .. words]);

    private static string[] Zsh(TempFolder folder, params string[] words) => Lines("sh", "-c", "cd \"$0\" && zsh -f \"$1\" \"$0\" \"$2\"",
        [Path.GetDirectoryName(folder["x"])!, Path.Combine(AppContext.BaseDirectory, "Support/complete.zsh"), string.Join(' ', words)]);

    // fish adds a tab and a description to each word.
    private static string[] Fish(TempFolder folder, params string[] words) => Lines("sh", "-c",
        "cd \"$0\" && HOME=$0 fish --no-config -c 'source ./_kcopyd; complete -C \"$argv\"' \"$1\" | cut -f 1",
        [Path.GetDirectoryName(folder["x"])!, string.Join(' ', words)]);

    private static string[] Lines(string name, string option, string script, string[] args) =>
        [.. Tool.Run(name, [option, script, .. args]).Split('\n', StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal)];
}
