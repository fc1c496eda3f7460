using System.CommandLine;

namespace Kcopyd.Host.Transfers;

/// <summary><c>kcopyd zero DEST [DEST…]</c></summary>
internal static class ZeroCommand
{
    public static Command Create(CommandConsole console)
    {
        var destinations = new Argument<string[]>("DEST")
        {
            Description = "What to zero, up to 64: a file, a block device, or the address of an NBD export (nbd://HOST/NAME). "
                + "A region of it: @START[+LENGTH]:PATH, in bytes, or with K, M, G or T. All have the same length; a file that does not exist needs one.",
            Arity = ArgumentArity.OneOrMore,
        };
        var options = new TransferOptionSet();
        var command = new Command("zero", "Writes zeroes to every DEST; the device writes them itself if it can.") { destinations };
        options.AddTo(command);
        command.SetAction((parsed, cancellationToken) => TransferCommand.RunAsync(
            null, TransferCommand.Destinations(parsed.GetRequiredValue(destinations)), options.Read(parsed), console, cancellationToken));
        return command;
    }
}
