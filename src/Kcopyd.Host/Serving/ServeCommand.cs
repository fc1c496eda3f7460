using System.CommandLine;

namespace Kcopyd.Host.Serving;

/// <summary><c>kcopyd serve FILE…</c></summary>
internal static class ServeCommand
{
    public const string Name = "serve";

    /// <summary>Creates the command.</summary>
    /// <param name="console">The console that it writes to.</param>
    /// <param name="isUsed">False omits its options, so that other commands do not create them at startup.</param>
    public static Command Create(CommandConsole console, bool isUsed)
    {
        var command = new Command(Name, "Serves files, block devices and snapshots over NBD: to qemu, libnbd and its tools, fio, the Linux kernel.");
        if (isUsed)
            Complete(command, console);
        return command;
    }

    // A separate method, so that its types are not loaded for another command.
    private static void Complete(Command command, CommandConsole console)
    {
        var options = new ServeOptionSet();
        options.AddTo(command);
        command.SetAction((parsed, cancellationToken) => ServeRun.RunAsync(options.Read(parsed, console), console, cancellationToken));
    }
}
