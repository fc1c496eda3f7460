using System.CommandLine;

namespace Kcopyd.Host.Serving;

/// <summary><c>kcopyd serve FILE…</c></summary>
internal static class ServeCommand
{
    public const string Name = "serve";

    /// <summary>Makes it.</summary>
    /// <param name="console">Where it speaks.</param>
    /// <param name="isUsed">False leaves its options away: no other command has to make them at its start.</param>
    public static Command Create(CommandConsole console, bool isUsed)
    {
        var command = new Command(Name, "Serves files, block devices and snapshots over NBD: to qemu, libnbd and its tools, fio, the Linux kernel.");
        if (isUsed)
            Complete(command, console);
        return command;
    }

    // By itself, so that nothing of it is loaded for another command.
    private static void Complete(Command command, CommandConsole console)
    {
        var options = new ServeOptionSet();
        options.AddTo(command);
        command.SetAction((parsed, cancellationToken) => ServeRun.RunAsync(options.Read(parsed, console), console, cancellationToken));
    }
}
