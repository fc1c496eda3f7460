using System.CommandLine;

namespace Kcopyd.Host.Help.Completion;

/// <summary><c>kcopyd completion SHELL</c></summary>
internal static class CompletionCommand
{
    public const string Name = "completion";

    /// <summary>Creates the command.</summary>
    /// <param name="console">The output.</param>
    /// <param name="root">Creates the root with all commands.</param>
    public static Command Create(CommandConsole console, Func<Command> root)
    {
        var shell = new Argument<string>("SHELL") { Description = "The shell: bash, zsh or fish.", HelpName = "bash|zsh|fish" };
        shell.AcceptOnlyFromAmong("bash", "zsh", "fish");
        var command = new Command(Name, "Prints a script with which a shell completes commands, options, their values and file names.") { shell };
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
