using System.Text.Json;
using System.Text.Json.Serialization;
using Kcopyd.Actors.Snapshots;

namespace Kcopyd.Host.Snapshots;

/// <summary>How a snapshot is.</summary>
/// <param name="Cow">The store.</param>
/// <param name="State">A name of <see cref="SnapshotState"/>.</param>
/// <param name="Text">As <c>dmsetup status</c> says it.</param>
/// <param name="UsedSectors">512-byte sectors, metadata included.</param>
/// <param name="TotalSectors">512-byte sectors.</param>
/// <param name="MetadataSectors">512-byte sectors.</param>
/// <param name="Exceptions">Chunks that differ, or may.</param>
/// <param name="ChunkSize">Bytes.</param>
/// <param name="Reason">Why it cannot be used; null if it can.</param>
/// <param name="Problem">The same for programs: a name of <see cref="SnapshotProblem"/>.</param>
/// <param name="Origin">Of which origin the store says that it is; null if it does not, or was not read for that.</param>
/// <param name="IsUnclean">True while a writer of its origin has it open, and for good if that writer did not close it; null if the store was not read for
/// that.</param>
/// <param name="IsHalfMerged">True if a merge was begun and is not complete; null if the store was not read for that.</param>
/// <param name="LabelError">Why the label, which tells the three, cannot be read; null if nothing is wrong with it.</param>
internal sealed record StatusReport(string Cow, string State, string Text, long UsedSectors, long TotalSectors, long MetadataSectors, long Exceptions, int ChunkSize, string? Reason,
    string Problem, OriginReport? Origin, bool? IsUnclean, bool? IsHalfMerged, string? LabelError)
{
    public static StatusReport Of(SnapshotStatus status) => new(status.Name, status.State.ToString(), status.ToString(), status.UsedSectors, status.TotalSectors,
        status.MetadataSectors, status.Exceptions, status.ChunkSize, status.Reason, status.Problem.ToString(), null, null, null, null);

    public static StatusReport Of(SnapshotStoreContents contents) => Of(contents.Status) with
    {
        Origin = contents.Label is { } label ? new OriginReport(label.OriginName, label.OriginLength, label.OriginKey) : null,
        IsUnclean = contents.Label?.IsUnclean,
        IsHalfMerged = contents.Label is null ? null : contents.IsHalfMerged,
        LabelError = contents.LabelError?.Message,
    };
}

/// <summary>What a store says of its origin.</summary>
/// <param name="Name">Its path when the store was last used.</param>
/// <param name="Length">Bytes.</param>
/// <param name="Key">What tells it from others; null if nothing does.</param>
internal sealed record OriginReport(string Name, long Length, string? Key);

/// <summary>The stores of an origin that were found.</summary>
/// <param name="Origin">The origin, as the command line names it.</param>
/// <param name="Stores">In the order in which they were found.</param>
internal sealed record StoresReport(string Origin, IReadOnlyList<StatusReport> Stores);

/// <summary>What was deleted.</summary>
/// <param name="Deleted">The stores.</param>
internal sealed record DeleteReport(IReadOnlyList<string> Deleted);

/// <summary>What a store holds.</summary>
/// <param name="Status">How it is.</param>
/// <param name="Version">Of its header.</param>
/// <param name="Areas">Where its metadata is.</param>
/// <param name="Exceptions">In the order in which they are in the store; chunks.</param>
internal sealed record ListReport(StatusReport Status, int Version, IReadOnlyList<SnapshotStoreArea> Areas, IReadOnlyList<ExceptionRecord> Exceptions)
{
    public static ListReport Of(SnapshotStoreContents contents) => new(StatusReport.Of(contents), contents.Version, contents.Areas, contents.Exceptions);
}

/// <summary>What was created.</summary>
/// <param name="Status">How the snapshot is.</param>
/// <param name="Table">The kernel's table line for it.</param>
/// <param name="Space">Whether the space of its file is reserved; null for a block device.</param>
internal sealed record CreateReport(StatusReport Status, string Table, string? Space);

/// <summary>What was read or written.</summary>
/// <param name="At">First byte.</param>
/// <param name="Bytes">How many, all of them good.</param>
/// <param name="IsWhole">False if an error or an interruption ended it early.</param>
/// <param name="Error">Why; null if nothing failed.</param>
/// <param name="Snapshots">How the snapshots are afterwards.</param>
internal sealed record BytesReport(long At, long Bytes, bool IsWhole, string? Error, IReadOnlyList<StatusReport> Snapshots);

/// <summary>Where a snapshot differs from its origin.</summary>
/// <param name="ChunkSize">Bytes; the ranges are of whole chunks, unless they were compared.</param>
/// <param name="Bytes">Of all ranges.</param>
/// <param name="Ranges">In order, neighbours merged.</param>
internal sealed record DiffReport(int ChunkSize, long Bytes, IReadOnlyList<ChangedRange> Ranges);

/// <summary>How a merge ended.</summary>
/// <param name="Merged">Chunks that were merged by this command.</param>
/// <param name="Remaining">Chunks that are left.</param>
/// <param name="IsComplete">True if the origin holds all of the snapshot.</param>
/// <param name="Error">Why not; null if it is.</param>
/// <param name="Snapshots">How the snapshots are afterwards, the merged one first.</param>
internal sealed record MergeReport(long Merged, long Remaining, bool IsComplete, string? Error, IReadOnlyList<StatusReport> Snapshots);

/// <summary>Prints reports.</summary>
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
