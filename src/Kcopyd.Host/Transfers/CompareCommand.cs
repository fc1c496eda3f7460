using System.CommandLine;
using Kcopyd.Actors;

namespace Kcopyd.Host.Transfers;

/// <summary><c>kcopyd compare A B [B…]</c></summary>
internal static class CompareCommand
{
    public static Command Create(CommandConsole console)
    {
        var first = new Argument<string>("A")
        {
            Description = "What to compare with: a file, a block device, the address of an NBD export, or a region of one: @START[+LENGTH]:PATH.",
        };
        var others = new Argument<string[]>("B")
        {
            Description = "What to compare, up to 64. To begin at an offset: @START:PATH.",
            Arity = ArgumentArity.OneOrMore,
        };
        var stops = new Option<bool>("--first") { Description = "Stop at the first difference." };
        var list = new Option<bool>("--list")
        {
            Description = "Print only the ranges that differ, OFFSET LENGTH in bytes, the format of 'kcopyd copy --ranges'. Requires a single B.",
        };
        var options = new TransferOptionSet();
        var command = new Command("compare", "Compares A with every B, sector by sector. Exit status 0 if all are equal, 1 if not.")
        {
            first, others, stops, list,
        };
        options.AddComparisonTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var texts = parsed.GetRequiredValue(others);
            var read = options.Read(parsed);
            var how = new CompareOptions(
                read with { Flags = CopyFlags.CompareOnly | (read.Flags & CopyFlags.VerifyHash) }, parsed.GetValue(stops), parsed.GetValue(list));
            return await CompareRun.RunAsync(
                Operand.Parse("A", parsed.GetRequiredValue(first)),
                [.. texts.Select((text, i) => Operand.Parse(texts.Length == 1 ? "B" : $"B {i + 1}", text))],
                how, console, cancellationToken).ConfigureAwait(false);
        });
        return command;
    }
}

/// <summary>The options of <c>compare</c>.</summary>
/// <param name="Transfer">The options that it shares with a copy.</param>
/// <param name="StopsAtFirst">True to stop at the first difference.</param>
/// <param name="Lists">True to print only the ranges.</param>
internal sealed record CompareOptions(TransferOptions Transfer, bool StopsAtFirst, bool Lists);
