using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Kcopyd.Actors;

namespace Kcopyd.Host.Transfers;

/// <summary>The object that <c>--json</c> prints.</summary>
/// <param name="Verdict">ok, errors or cancelled; a command that could not start prints a <see cref="JsonRefusal"/>.</param>
/// <param name="Cancelled">True if the command was interrupted.</param>
/// <param name="ReadError">True if anything could not be read.</param>
/// <param name="WriteErrors">Bit <c>i</c> is set if destination <c>i</c> failed. Hexadecimal: programs that parse numbers as doubles lose bits of 64-bit
/// numbers.</param>
/// <param name="Bytes">The maximum of the bytes that this run wrote to a destination.</param>
/// <param name="Seconds">From the first read to the last flush.</param>
/// <param name="Offloaded">Bytes of all destinations that were not read and written, by method.</param>
/// <param name="ReadFault">The first read error; null if there was none.</param>
/// <param name="Sha256">The hash of the source, with <c>--checksum</c>; null without it, or if the source was not read completely.</param>
/// <param name="Unreadable">Unreadable ranges of the source, in bytes.</param>
/// <param name="Destinations">The destinations, in the order of the command line.</param>
internal sealed record JsonReport(
    string Verdict, bool Cancelled, bool ReadError, string WriteErrors, long Bytes, double Seconds, OffloadedBytes Offloaded,
    JsonReport.Fault? ReadFault, string? Sha256, IReadOnlyList<JsonReport.Range> Unreadable, IReadOnlyList<JsonReport.Destination> Destinations)
{
    public static string Of(TransferResult result) => JsonSerializer.Serialize(
        new JsonReport(
            result.IsCancelled ? "cancelled" : result.IsSuccess ? "ok" : "errors",
            result.IsCancelled,
            result.ReadError,
            string.Create(CultureInfo.InvariantCulture, $"0x{result.WriteErrors:x}"),
            result.Bytes,
            Math.Round(result.Elapsed.TotalSeconds, 3),
            result.Offloaded,
            result.ReadFault is { } read ? new Fault(read.Message, Errno(read), Sector(read)) : null,
            result.SourceSha256,
            [.. result.Unreadable.Select(range => new Range(range.Offset, range.Length))],
            [.. result.Plan.Destinations.Select((destination, i) => new Destination(
                destination.Operand.Text, result.BytesOf(i), result.UnchangedOf(i), result.ErrorOf(i), Errno(result.FaultOf(i)),
                Sector(result.FaultOf(i)), result.Sha256Of(i)))]),
        JsonReportContext.Default.JsonReport);

    private static int? Errno(IoFault? fault) => fault is { Error: > IoError.None and < IoError.EndOfDevice and var error } ? (int)error : null;

    private static long? Sector(IoFault? fault) => fault is { Sector: >= 0 and var sector } ? sector : null;

    /// <summary>An error.</summary>
    /// <param name="Error">The message.</param>
    /// <param name="Errno">The Linux error number; null if there is none.</param>
    /// <param name="Sector">First failing 512-byte sector of the device; null if the error has no position.</param>
    internal sealed record Fault(string Error, int? Errno, long? Sector);

    internal sealed record Range(long Offset, long Length);

    /// <summary>The result of one destination.</summary>
    /// <param name="Path">The path as given.</param>
    /// <param name="Bytes">Bytes written by this run.</param>
    /// <param name="Unchanged">The part of these bytes that was already correct and not written, with <c>--only-different</c>.</param>
    /// <param name="Error">The message; null if the destination is complete and on stable storage.</param>
    /// <param name="Errno">The Linux error number; null without one.</param>
    /// <param name="Sector">First failing 512-byte sector; null without one.</param>
    /// <param name="Sha256">The hash as read back, with <c>--checksum</c>.</param>
    internal sealed record Destination(string Path, long Bytes, long Unchanged, string? Error, int? Errno, long? Sector, string? Sha256);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(JsonReport))]
internal sealed partial class JsonReportContext : JsonSerializerContext;
