using System.Text.Json;
using System.Text.Json.Serialization;
using Kcopyd.Actors.Snapshots;

namespace Kcopyd.Host.Snapshots;

/// <summary>The status of a snapshot.</summary>
/// <param name="Cow">The store.</param>
/// <param name="State">A name of <see cref="SnapshotState"/>.</param>
/// <param name="Text">The status in the format of <c>dmsetup status</c>.</param>
/// <param name="UsedSectors">512-byte sectors, metadata included.</param>
/// <param name="TotalSectors">512-byte sectors.</param>
/// <param name="MetadataSectors">512-byte sectors.</param>
/// <param name="Exceptions">Chunks that differ, or may differ.</param>
/// <param name="ChunkSize">Bytes.</param>
/// <param name="Reason">Why the snapshot cannot be used; null if it can.</param>
/// <param name="Problem">The same for programs: a name of <see cref="SnapshotProblem"/>.</param>
/// <param name="Origin">The origin that the store names; null if it names none, or the label was not read.</param>
/// <param name="IsUnclean">True while a writer of its origin has it open, and permanently if that writer did not close it; null if the label was not
/// read.</param>
/// <param name="IsHalfMerged">True if a merge was started and is not complete; null if the label was not read.</param>
/// <param name="LabelError">Why the label, which holds these three, cannot be read; null without an error.</param>
internal sealed record StatusReport(
    string Cow, string State, string Text, long UsedSectors, long TotalSectors, long MetadataSectors, long Exceptions, int ChunkSize, string? Reason,
    string Problem, OriginReport? Origin, bool? IsUnclean, bool? IsHalfMerged, string? LabelError)
{
    public static StatusReport Of(SnapshotStatus status) =>
        new(status.Name, status.State.ToString(), status.ToString(), status.UsedSectors, status.TotalSectors, status.MetadataSectors, status.Exceptions,
            status.ChunkSize, status.Reason, status.Problem.ToString(), null, null, null, null);

    public static StatusReport Of(SnapshotStoreContents contents) => Of(contents.Status) with
    {
        Origin = contents.Label is { } label ? new OriginReport(label.OriginName, label.OriginLength, label.OriginKey) : null,
        IsUnclean = contents.Label?.IsUnclean,
        IsHalfMerged = contents.Label is null ? null : contents.IsHalfMerged,
        LabelError = contents.LabelError?.Message,
    };
}

/// <summary>The origin, as the label of a store describes it.</summary>
/// <param name="Name">The path of the origin when the store was last used.</param>
/// <param name="Length">Bytes.</param>
/// <param name="Key">The key that identifies the origin; null if it has none.</param>
internal sealed record OriginReport(string Name, long Length, string? Key);

/// <summary>The stores found for an origin.</summary>
/// <param name="Origin">The origin, as the command line names it.</param>
/// <param name="Stores">In the order in which they were found.</param>
internal sealed record StoresReport(string Origin, IReadOnlyList<StatusReport> Stores);

/// <summary>The deleted stores.</summary>
/// <param name="Deleted">Their paths.</param>
internal sealed record DeleteReport(IReadOnlyList<string> Deleted);

/// <summary>The contents of a store.</summary>
/// <param name="Status">The status.</param>
/// <param name="Version">The version of the header.</param>
/// <param name="Areas">The metadata areas.</param>
/// <param name="Exceptions">Chunk numbers, in the order of the store.</param>
internal sealed record ListReport(StatusReport Status, int Version, IReadOnlyList<SnapshotStoreArea> Areas, IReadOnlyList<ExceptionRecord> Exceptions)
{
    public static ListReport Of(SnapshotStoreContents contents) => new(StatusReport.Of(contents), contents.Version, contents.Areas, contents.Exceptions);
}

/// <summary>The created snapshot.</summary>
/// <param name="Status">The status of the snapshot.</param>
/// <param name="Table">The kernel's table line for it.</param>
/// <param name="Space">Whether the space of its file is reserved; null for a block device.</param>
internal sealed record CreateReport(StatusReport Status, string Table, string? Space);

/// <summary>The result of a read or write.</summary>
/// <param name="At">The first byte.</param>
/// <param name="Bytes">The number of bytes read or written successfully.</param>
/// <param name="IsWhole">False if an error or an interruption ended the transfer early.</param>
/// <param name="Error">The error; null if nothing failed.</param>
/// <param name="Snapshots">The status of the snapshots afterwards.</param>
internal sealed record BytesReport(long At, long Bytes, bool IsWhole, string? Error, IReadOnlyList<StatusReport> Snapshots);

/// <summary>The ranges in which a snapshot differs from its origin.</summary>
/// <param name="ChunkSize">Bytes; the ranges consist of whole chunks, unless the contents were compared.</param>
/// <param name="Bytes">The total of all ranges.</param>
/// <param name="Ranges">In ascending order, adjacent ranges merged.</param>
internal sealed record DiffReport(int ChunkSize, long Bytes, IReadOnlyList<ChangedRange> Ranges);

/// <summary>The result of a merge.</summary>
/// <param name="Merged">Chunks that this command merged.</param>
/// <param name="Remaining">Chunks that are left.</param>
/// <param name="IsComplete">True if the origin holds all of the snapshot.</param>
/// <param name="Error">Why the merge is not complete; null if it is.</param>
/// <param name="Snapshots">The status of the snapshots afterwards, the merged one first.</param>
internal sealed record MergeReport(long Merged, long Remaining, bool IsComplete, string? Error, IReadOnlyList<StatusReport> Snapshots);

/// <summary>Serializes reports.</summary>
internal static class SnapshotJson
{
    public static string Of(StatusReport report) => JsonSerializer.Serialize(report, SnapshotJsonContext.Default.StatusReport);

    public static string Of(ListReport report) => JsonSerializer.Serialize(report, SnapshotJsonContext.Default.ListReport);

    public static string Of(CreateReport report) => JsonSerializer.Serialize(report, SnapshotJsonContext.Default.CreateReport);

    public static string Of(BytesReport report) => JsonSerializer.Serialize(report, SnapshotJsonContext.Default.BytesReport);

    public static string Of(DiffReport report) => JsonSerializer.Serialize(report, SnapshotJsonContext.Default.DiffReport);

    public static string Of(StoresReport report) => JsonSerializer.Serialize(report, SnapshotJsonContext.Default.StoresReport);

    public static string Of(DeleteReport report) => JsonSerializer.Serialize(report, SnapshotJsonContext.Default.DeleteReport);

    public static string Of(MergeReport report) => JsonSerializer.Serialize(report, SnapshotJsonContext.Default.MergeReport);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(StatusReport))]
[JsonSerializable(typeof(ListReport))]
[JsonSerializable(typeof(CreateReport))]
[JsonSerializable(typeof(BytesReport))]
[JsonSerializable(typeof(DiffReport))]
[JsonSerializable(typeof(MergeReport))]
[JsonSerializable(typeof(StoresReport))]
[JsonSerializable(typeof(DeleteReport))]
internal sealed partial class SnapshotJsonContext : JsonSerializerContext;
