using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Kcopyd.Actors.Nbd;
using Kcopyd.Actors.Snapshots;
using Kcopyd.Host.Snapshots;

namespace Kcopyd.Host.Serving;

/// <summary>Reports that clients can connect.</summary>
/// <param name="Ready">The address.</param>
internal sealed record ReadyReport(string Ready);

/// <summary>The totals of an export.</summary>
/// <param name="Name">The export's name.</param>
/// <param name="Path">The file.</param>
/// <param name="Length">Bytes.</param>
/// <param name="ReadOnly">True if writes were refused.</param>
/// <param name="Requests">Requests that were answered.</param>
/// <param name="Errors">Of these, the ones answered with an error.</param>
/// <param name="BytesRead">Bytes.</param>
/// <param name="BytesWritten">Bytes.</param>
/// <param name="Snapshot">The status of the snapshot; null if the export is not a snapshot.</param>
internal sealed record ExportReport(
    string Name, string Path, long Length, bool ReadOnly, long Requests, long Errors, long BytesRead, long BytesWritten, StatusReport? Snapshot)
{
    public static ExportReport Of(NbdExportStatus status, string path, SnapshotStatus? snapshot) =>
        new(status.Name, path, status.Length, status.IsReadOnly, status.Requests, status.Errors, status.BytesRead, status.BytesWritten,
            snapshot is null ? null : StatusReport.Of(snapshot));

    /// <inheritdoc/>
    public override string ToString() =>
        $"'{Name}' ({Path}): {Requests} requests, {ByteSize.Format(BytesRead)} read, {ByteSize.Format(BytesWritten)} written, {Errors} errors"
            + (Snapshot is null ? "" : ", " + Snapshot.Text);
}

/// <summary>The totals of all exports.</summary>
/// <param name="Exports">In the order of the command line, snapshots first.</param>
/// <param name="Error">What could not be flushed; null if everything is on stable storage.</param>
internal sealed record ServeReport(IReadOnlyList<ExportReport> Exports, string? Error);

/// <summary>Formats each report as one line, so that a reader can process it without waiting for the end.</summary>
internal static class ServeJson
{
    // Does not escape the '+' of an address, for readers without a JSON parser.
    private static readonly ServeJsonContext Context =
        new(new JsonSerializerOptions(ServeJsonContext.Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });

    public static string Of(ReadyReport report) => JsonSerializer.Serialize(report, Context.ReadyReport);

    public static string Of(ServeReport report) => JsonSerializer.Serialize(report, Context.ServeReport);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(ReadyReport))]
[JsonSerializable(typeof(ServeReport))]
internal sealed partial class ServeJsonContext : JsonSerializerContext;
