using System.Text.Json;
using System.Text.Json.Serialization;

namespace Kcopyd.Host.Snapshots;

/// <summary>A request to a running <c>kcopyd serve</c>: one object on one line, one per connection. Paths are absolute.</summary>
internal sealed record ControlRequest
{
    /// <summary>The maximum length of a line in bytes, including the line feed.</summary>
    public const int MaxLength = 64 << 10;

    /// <summary>status, create, diff, delete or grow.</summary>
    public required string Op { get; init; }

    /// <summary>create: the origin, which is served; diff: the origin that the store must belong to, null for any.</summary>
    public string? Origin { get; init; }

    /// <summary>The store; create: the new one.</summary>
    public string? Cow { get; init; }

    /// <summary>delete: the stores.</summary>
    public IReadOnlyList<string>? Cows { get; init; }

    /// <summary>create: the name of the export; null for the name of the store's file.</summary>
    public string? Name { get; init; }

    /// <summary>create: the chunk size in bytes; null for the configured size.</summary>
    public int? Chunk { get; init; }

    /// <summary>create and grow: the size of the store's file in bytes.</summary>
    public long? Size { get; init; }

    /// <summary>create: true to reserve no space.</summary>
    public bool Sparse { get; init; }

    /// <summary>create: true to overwrite existing data; delete: true to delete even stores with an incomplete merge.</summary>
    public bool Force { get; init; }

    /// <summary>diff: the byte to start from, which is <see cref="DiffPage.Next"/> of the previous page; null for 0.</summary>
    public long? From { get; init; }

    /// <summary>create: P or PO; null for P.</summary>
    public string? Store { get; init; }
}

/// <summary>The reply to a request, on one line.</summary>
internal sealed record ControlReply
{
    /// <summary>The maximum number of bytes that a client accepts.</summary>
    public const int MaxLength = 16 << 20;

    /// <summary>done; refused: nothing was changed; failed: a device failed.</summary>
    public required string Code { get; init; }

    /// <summary>A message for the user if the request was not executed.</summary>
    public string? Error { get; init; }

    /// <summary>Additional messages for the user.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>create: the new store.</summary>
    public ServedStoreReport? Created { get; init; }

    /// <summary>diff: the ranges in which the snapshot and its origin differ.</summary>
    public DiffPage? Diff { get; init; }

    /// <summary>delete: the deleted stores.</summary>
    public IReadOnlyList<string>? Deleted { get; init; }

    /// <summary>status: everything that is served, or the requested store; grow: the store.</summary>
    public IReadOnlyList<ServedReport>? Exports { get; init; }
}

/// <summary>A store that was created while its origin is served.</summary>
/// <param name="Status">The status of the snapshot.</param>
/// <param name="Export">The name of its export, which is read-only.</param>
/// <param name="Space">Whether the space of its file is reserved; null for a block device.</param>
internal sealed record ServedStoreReport(StatusReport Status, string Export, string? Space);

/// <summary>Ranges in which a snapshot and its origin differ, or may differ.</summary>
/// <param name="ChunkSize">Bytes; the ranges consist of whole chunks.</param>
/// <param name="Ranges">In ascending order, adjacent ranges merged.</param>
/// <param name="Next">The byte at which the next page starts; null on the last page.</param>
internal sealed record DiffPage(int ChunkSize, IReadOnlyList<ChangedRange> Ranges, long? Next)
{
    /// <summary>The maximum number of ranges per reply: even with the largest numbers, they fit into <see cref="ControlReply.MaxLength"/> bytes.</summary>
    public const int Most = 200_000;
}

/// <summary>An export, or a snapshot that is open but not exported.</summary>
/// <param name="Name">The export's name; null for a snapshot that is not exported, because it is not intact.</param>
/// <param name="Path">The file or device.</param>
/// <param name="ReadOnly">True if writes are refused.</param>
/// <param name="Connections">The number of connected clients.</param>
/// <param name="Origin">The origin of a snapshot; null for other exports.</param>
/// <param name="Snapshot">The status of a snapshot; null for other exports.</param>
internal sealed record ServedReport(string? Name, string Path, bool ReadOnly, int Connections, string? Origin, StatusReport? Snapshot)
{
    /// <inheritdoc/>
    public override string ToString() =>
        $"{(Name is null ? "(not exported)" : $"'{Name}'")} ({Path}): {Connections} client{(Connections == 1 ? "" : "s")}"
            + $"{(ReadOnly ? ", read-only" : "")}{(Snapshot is null ? "" : $", snapshot of {Origin}: {Snapshot.Text}")}";
}

/// <summary>Serializes requests and replies, each on one line. An unknown member is refused, because it would be ignored otherwise.</summary>
internal static class ControlJson
{
    public static string Of(ControlRequest request) => JsonSerializer.Serialize(request, ControlJsonContext.Default.ControlRequest);

    public static string Of(ControlReply reply) => JsonSerializer.Serialize(reply, ControlJsonContext.Default.ControlReply);

    public static string Of(ServedStoreReport report) => JsonSerializer.Serialize(report, ControlJsonContext.Default.ServedStoreReport);

    public static string Of(IReadOnlyList<ServedReport> report) => JsonSerializer.Serialize(report, ControlJsonContext.Default.IReadOnlyListServedReport);

    /// <exception cref="JsonException">The line is not a valid request.</exception>
    public static ControlRequest Request(ReadOnlySpan<byte> line) =>
        JsonSerializer.Deserialize(line, ControlJsonContext.Default.ControlRequest) ?? throw new JsonException("null is not a request");

    /// <exception cref="JsonException">The line is not a valid reply.</exception>
    public static ControlReply Reply(ReadOnlySpan<byte> line) =>
        JsonSerializer.Deserialize(line, ControlJsonContext.Default.ControlReply) ?? throw new JsonException("null is not a reply");
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ControlRequest))]
[JsonSerializable(typeof(ControlReply))]
internal sealed partial class ControlJsonContext : JsonSerializerContext;
