using System.Globalization;

namespace Kcopyd.Host.Transfers;

/// <summary>Reports the result of a command on standard output, and each error on standard error.</summary>
internal static class Report
{
    private const int MaxRanges = 1000;

    public static async Task WriteAsync(TransferResult result, TransferOptions options, CommandConsole console)
    {
        await console.Error.WriteAsync(Errors(result)).ConfigureAwait(false);
        await console.Out.WriteLineAsync(options.Json ? JsonReport.Of(result) : Text(result, options)).ConfigureAwait(false);
    }

    private static string Errors(TransferResult result)
    {
        var lines = new StringWriter(CultureInfo.InvariantCulture);
        if (result.IsCancelled)
            lines.WriteLine("kcopyd: interrupted.");
        if (result.ReadFault is not null)
            lines.WriteLine($"kcopyd: {result.ReadFault.Message}");
        var unreadable = result.Unreadable;
        foreach (var range in unreadable.Take(MaxRanges))
            lines.WriteLine($"kcopyd: {result.Plan.Source!.Operand.Name}: unreadable: {range.Length} bytes at {range.Offset}, written as zeroes");
        if (unreadable.Count > MaxRanges)
            lines.WriteLine($"kcopyd: ... and {unreadable.Count - MaxRanges} more unreadable ranges; --json and --mapfile list all of them.");
        for (var i = 0; i < result.Plan.Destinations.Count; i++)
        {
            if (result.ErrorOf(i) is { } error)
                lines.WriteLine($"kcopyd: {error}");
        }
        if (result.MapError is not null)
            lines.WriteLine($"kcopyd: {result.MapError}");
        return lines.ToString();
    }

    private static string Text(TransferResult result, TransferOptions options)
    {
        var verb = result.Plan.Source is null ? "zeroed" : "copied";
        var seconds = Math.Max(result.Elapsed.TotalSeconds, 1e-3);
        var lines = new StringWriter(CultureInfo.InvariantCulture);
        lines.Write($"{verb} {ByteSize.Format(result.Bytes)} in {result.Elapsed.TotalSeconds:0.00} s ({ByteSize.Format(result.Bytes / seconds)}/s)");
        lines.Write(Offloaded(result));
        for (var i = 0; i < result.Plan.Destinations.Count; i++)
        {
            lines.WriteLine();
            var destination = result.Plan.Destinations[i];
            var unchanged = result.UnchangedOf(i) is > 0 and var same ? $", {ByteSize.Format(same)} of it unchanged" : "";
            lines.Write($"  {destination.Operand.Name}: {ByteSize.FormatPart(result.BytesOf(i), result.Wanted)}{unchanged}, ");
            lines.Write($"{(result.ErrorOf(i) is null ? "ok" : "FAILED")}{Tail(result, destination, options)}");
        }
        if (result.SourceSha256 is { } hash)
            lines.Write($"\n{hash}  {result.Plan.Source!.Operand.Name}");
        for (var i = 0; i < result.Plan.Destinations.Count; i++)
        {
            if (result.Sha256Of(i) is { } own)
                lines.Write($"\n{own}  {result.Plan.Destinations[i].Operand.Name}");
        }
        return lines.ToString();
    }

    // The part of a file behind the copy is still there.
    private static string Tail(TransferResult result, Survey destination, TransferOptions options) =>
        destination is { Kind: OperandKind.File, Operand.IsRegion: false } && !options.Truncate && options.Ranges is null
            && destination.Size - destination.Operand.Start - (result.Plan.IsOpenEnded ? result.Wanted : result.Plan.Length) is > 0 and var rest
            ? $"; the {rest} bytes behind it stay as they were"
            : "";

    // ", including 7.8 GiB holes"; for several destinations, the sum over all of them.
    private static string Offloaded(TransferResult result)
    {
        (string Name, long Bytes)[] parts =
        [
            ("shared", result.Offloaded.Reflink),
            ("copied by the server", result.Offloaded.ServerCopy),
            ("copied by the kernel", result.Offloaded.KernelCopy + result.Offloaded.SmallCopy),
            ("holes", result.Offloaded.Holes),
            ("zeroes made holes", result.Offloaded.DetectedZeroes),
            ("zeroed by the device", result.Offloaded.WriteZeroes),
        ];
        var named = parts.Where(part => part.Bytes > 0).Select(part => $"{ByteSize.Format(part.Bytes)} {part.Name}").ToArray();
        return named.Length == 0 ? ""
            : $", {(result.Plan.Destinations.Count == 1 ? "including" : $"of {ByteSize.Format(result.BytesOfAll)} in total:")} {string.Join(", ", named)}";
    }
}
