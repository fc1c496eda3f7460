using System.CommandLine;

namespace Kcopyd.Host.Help.Completion;

/// <summary><c>kcopyd completion SHELL</c></summary>
internal static class CompletionCommand
{
    public const string Name = "completion";

    /// <summary>Makes it.</summary>
    /// <param name="console">Where it speaks.</param>
    /// <param name="root">Makes every command there is.</param>
    public static Command Create(CommandConsole console, Func<Command> root)
    {
        var shell = new Argument<string>("SHELL") { Description = "The shell: bash, zsh or fish.", HelpName = "bash|zsh|fish" };
        shell.AcceptOnlyFromAmong("bash", "zsh", "fish");
        var command = new Command(Name, "Prints what makes a shell complete commands, options, their values and names of files.") { shell };
        command.SetAction(async (parsed, _) =>
        {
            var page = CommandPage.Of(root());
            await console.Out.WriteAsync(parsed.GetRequiredValue(shell) switch
            {
                "bash" => BashCompletion.Of(page),
                "zsh" => ZshCompletion.Of(page),
                _ => FishCompletion.Of(page),
            }).ConfigureAwait(false);
            return ExitCodes.Success;
        });
        return command;
    }
}
