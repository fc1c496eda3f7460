using System.CommandLine;

namespace Kcopyd.Host.Transfers;

/// <summary><c>kcopyd copy SOURCE DEST [DEST…]</c></summary>
internal static class CopyCommand
{
    public static Command Create(CommandConsole console)
    {
        var source = new Argument<string>("SOURCE")
        {
            Description = "What to copy: a file, a block device, or the address of an NBD export: nbd://HOST[:PORT]/NAME, nbd+unix:///NAME?socket=PATH, "
                + "or nbds for TLS. A region of it: @START[+LENGTH]:PATH, in bytes, or with K, M, G or T.",
        };
        var destinations = new Argument<string[]>("DEST")
        {
            Description = "Where to copy it, up to 64. To begin at an offset: @START:PATH. A file is created or grown as needed, and one that holds data "
                + "requires --overwrite. A block device must be large enough, a character device is a sink, an NBD export (nbd://HOST/NAME) must exist and "
                + "be large enough.",
            Arity = ArgumentArity.OneOrMore,
        };
        var options = new TransferOptionSet();
        var command = new Command("copy", "Reads SOURCE once and writes it to every DEST.") { source, destinations };
        options.AddTo(command);
        command.SetAction((parsed, cancellationToken) => TransferCommand.RunAsync(
            Operand.Parse("SOURCE", parsed.GetRequiredValue(source)),
            TransferCommand.Destinations(parsed.GetRequiredValue(destinations)),
            options.Read(parsed), console, cancellationToken));
        return command;
    }
}
