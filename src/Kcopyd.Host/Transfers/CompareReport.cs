using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Kcopyd.Actors;

namespace Kcopyd.Host.Transfers;

/// <summary>Reports the result of a comparison.</summary>
internal static class CompareReport
{
    private const int MaxRanges = 20;       // in the text; --list and --json have all of them

    public static async Task WriteAsync(CompareResult result, CompareOptions options, CommandConsole console)
    {
        await console.Error.WriteAsync(Errors(result)).ConfigureAwait(false);
        if (options.Lists)
        {
            foreach (var range in result.Others[0].Ranges)
                await console.Out.WriteLineAsync($"{range.Offset} {range.Length}").ConfigureAwait(false);
            return;
        }
        await console.Out.WriteLineAsync(options.Transfer.Json ? Json(result) : Text(result, options)).ConfigureAwait(false);
    }

    private static string Errors(CompareResult result)
    {
        var lines = new StringWriter(CultureInfo.InvariantCulture);
        if (result.IsCancelled)
            lines.WriteLine("kcopyd: interrupted.");
        if (result.ReadFault is { } read)
            lines.WriteLine($"kcopyd: {read.Message}");
        foreach (var other in result.Others)
        {
            if (other.Fault is { } fault)
                lines.WriteLine($"kcopyd: {fault.Message}");
        }
        return lines.ToString();
    }

    private static string Text(CompareResult result, CompareOptions options)
    {
        var lines = new StringWriter(CultureInfo.InvariantCulture);
        var seconds = Math.Max(result.Elapsed.TotalSeconds, 1e-3);
        lines.Write($"compared {ByteSize.Format(result.Bytes)} in {result.Elapsed.TotalSeconds:0.00} s ({ByteSize.Format(result.Bytes / seconds)}/s)");
        for (var i = 0; i < result.Others.Count; i++)
        {
            var (name, other) = (result.Plan.Destinations[i].Operand.Name, result.Others[i]);
            lines.Write($"\n  {name}: {Verdict(result, other, options)}");
            foreach (var range in other.Ranges.Take(options.StopsAtFirst ? 0 : MaxRanges))
                lines.Write($"\n    {range.Offset} {range.Length}");
            if (!options.StopsAtFirst && other.Ranges.Count > MaxRanges)
                lines.Write($"\n    ... and {other.Ranges.Count - MaxRanges} more ranges; --list and --json list all of them");
        }
        if (result.Sha256 is { } hash)
            lines.Write($"\n{hash}  {result.Plan.Source!.Operand.Name}");
        for (var i = 0; i < result.Others.Count; i++)
        {
            if (result.Others[i].Sha256 is { } own)
                lines.Write($"\n{own}  {result.Plan.Destinations[i].Operand.Name}");
        }
        return lines.ToString();
    }

    private static string Verdict(CompareResult result, CompareResult.Found other, CompareOptions options)
    {
        var differs = other.First is not { } first ? null
            : options.StopsAtFirst ? $"differs from byte {first} on"
            : $"differs from byte {first} on: {other.DifferentBytes} bytes in {other.RangeCount} range{(other.RangeCount == 1 ? "" : "s")}";
        var size = other.Longer switch
        {
            > 0 => $"{other.Longer} bytes longer",
            < 0 => $"{-other.Longer} bytes shorter",
            _ => null,
        };
        return other.Fault is not null ? "cannot be read"
            : (differs, size) is (null, null) ? result.IsCancelled || result.ReadFault is not null ? "no difference so far" : "identical"
            : string.Join("; ", new[] { differs, size }.OfType<string>());
    }

    private static string Json(CompareResult result) => JsonSerializer.Serialize(
        new CompareJson(
            result.IsCancelled ? "cancelled"
                : result.IsEqual ? "identical"
                : result.ReadFault is not null || result.Others.Any(static other => other.Fault is not null) ? "errors"
                : "different",
            result.Bytes, Math.Round(result.Elapsed.TotalSeconds, 3), result.ReadFault?.Message, result.Sha256,
            [.. result.Others.Select((other, i) => new CompareJson.Other(
                result.Plan.Destinations[i].Operand.Text, other.IsEqual, other.First, other.DifferentBytes, other.Longer, other.Fault?.Message,
                other.Fault is { Error: > IoError.None and < IoError.EndOfDevice and var error } ? (int)error : null, other.Sha256))],
            [.. result.Others.Count == 1 ? result.Others[0].Ranges : Array.Empty<DifferentRange>().AsEnumerable()],
            [.. result.Others.Count == 1 ? [] : result.Others.Select(static other => other.Ranges)]),
        CompareJsonContext.Default.CompareJson);
}

/// <summary>The object that <c>compare --json</c> prints.</summary>
/// <param name="Verdict">identical, different, errors or cancelled.</param>
/// <param name="Bytes">Bytes compared with each B.</param>
/// <param name="Seconds">The duration.</param>
/// <param name="Error">Why A cannot be read; null if it can.</param>
/// <param name="Sha256">The hash of A, with <c>--checksum</c>.</param>
/// <param name="Others">The result for each B, in the order of the command line.</param>
/// <param name="Ranges">For a single B: the ranges of A, in bytes, that differ. The input of <c>kcopyd copy --ranges</c>.</param>
/// <param name="RangesOfEach">For several B: the ranges of each.</param>
internal sealed record CompareJson(
    string Verdict, long Bytes, double Seconds, string? Error, string? Sha256, IReadOnlyList<CompareJson.Other> Others,
    IReadOnlyList<DifferentRange> Ranges, IReadOnlyList<IReadOnlyList<DifferentRange>> RangesOfEach)
{
    /// <summary>The result for one B.</summary>
    /// <param name="Path">The path as given.</param>
    /// <param name="Identical">True if the lengths and all bytes are equal.</param>
    /// <param name="First">Offset of the first sector that differs; null if none does.</param>
    /// <param name="DifferentBytes">Bytes in sectors that differ.</param>
    /// <param name="Longer">Bytes by which it is longer than A; negative if it is shorter.</param>
    /// <param name="Error">Why it cannot be read; null if it can.</param>
    /// <param name="Errno">The Linux error number; null without one.</param>
    /// <param name="Sha256">Its hash, with <c>--checksum</c>.</param>
    internal sealed record Other(string Path, bool Identical, long? First, long DifferentBytes, long Longer, string? Error, int? Errno, string? Sha256);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(CompareJson))]
internal sealed partial class CompareJsonContext : JsonSerializerContext;
