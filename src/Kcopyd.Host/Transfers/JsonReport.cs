using System.Text.Json;
using System.Text.Json.Serialization;
using Kcopyd.Actors.Jobs;

namespace Kcopyd.Host.Transfers;

/// <summary>The object that <c>--json</c> prints.</summary>
/// <param name="ReadError">True if anything could not be read.</param>
/// <param name="WriteErrors">Bit <c>i</c> is destination <c>i</c>'s.</param>
/// <param name="Bytes">Written by this run to the destination that got most.</param>
/// <param name="Seconds">From the first read to the last flush.</param>
/// <param name="Offloaded">Bytes that were not read and written, of all destinations together, by the way it was done.</param>
/// <param name="Unreadable">Ranges of the source, in bytes.</param>
/// <param name="Destinations">In the order of the command line.</param>
internal sealed record JsonReport(bool ReadError, ulong WriteErrors, long Bytes, double Seconds, OffloadedBytes Offloaded,
    IReadOnlyList<JsonReport.Range> Unreadable, IReadOnlyList<JsonReport.Destination> Destinations)
{
    public static string Of(TransferResult result) => JsonSerializer.Serialize(
        new JsonReport(
            result.ReadError,
            result.WriteErrors,
            result.Bytes,
            Math.Round(result.Elapsed.TotalSeconds, 3),
            result.Offloaded,
            [.. result.Unreadable.Select(range => new Range(range.Offset, range.Length))],
            [.. result.Plan.Destinations.Select((destination, i) => new Destination(destination.Target.Path, result.BytesOf(i), result.ErrorOf(i)))]),
        JsonReportContext.Default.JsonReport);

    internal sealed record Range(long Offset, long Length);

    internal sealed record Destination(string Path, long Bytes, string? Error);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(JsonReport))]
internal sealed partial class JsonReportContext : JsonSerializerContext;
