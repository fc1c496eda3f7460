using System.CommandLine;

namespace Kcopyd.Host.Transfers;

/// <summary><c>kcopyd copy SOURCE DEST [DEST…]</c></summary>
internal static class CopyCommand
{
    public static Command Create(CommandConsole console)
    {
        var source = new Argument<string>("SOURCE") { Description = "What to copy: PATH[@START[+LENGTH]], in bytes with K, M, G or T. PATH may be the address of an NBD export: nbd://HOST[:PORT]/NAME, nbd+unix:///NAME?socket=PATH, or nbds for TLS." };
        var destinations = new Argument<string[]>("DEST")
        {
            Description = "Where to, up to 64: PATH[@START]. A file is created or grown as needed, a block device must be large enough, a character device is a sink. An NBD export (nbd://HOST/NAME) must be there and large enough.",
            Arity = ArgumentArity.OneOrMore,
        };
        var options = new TransferOptionSet();
        var command = new Command("copy", "Reads SOURCE once and writes it to every DEST.") { source, destinations };
        options.AddTo(command);
        command.SetAction((parsed, cancellationToken) => TransferCommand.RunAsync(
            Target.Parse("SOURCE", parsed.GetRequiredValue(source)),
            TransferCommand.Destinations(parsed.GetRequiredValue(destinations)),
            options.Read(parsed), console, cancellationToken));
        return command;
    }
}
