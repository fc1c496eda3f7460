using System.CommandLine;

namespace Kcopyd.Host.Transfers;

/// <summary><c>kcopyd zero DEST [DEST…]</c></summary>
internal static class ZeroCommand
{
    public static Command Create(CommandConsole console)
    {
        var destinations = new Argument<string[]>("DEST")
        {
            Description = "What to zero, up to 64: PATH[@START[+LENGTH]], in bytes with K, M, G or T. All have the same length; a file that does not exist needs one. PATH may be the address of an NBD export (nbd://HOST/NAME).",
            Arity = ArgumentArity.OneOrMore,
        };
        var options = new TransferOptionSet();
        var command = new Command("zero", "Writes zeroes to every DEST, by the device's own means where it has them.") { destinations };
        options.AddTo(command);
        command.SetAction((parsed, cancellationToken) => TransferCommand.RunAsync(
            null, TransferCommand.Destinations(parsed.GetRequiredValue(destinations)), options.Read(parsed), console, cancellationToken));
        return command;
    }
}
