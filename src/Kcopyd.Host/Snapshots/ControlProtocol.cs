using System.Text.Json;
using System.Text.Json.Serialization;

namespace Kcopyd.Host.Snapshots;

/// <summary>What is asked of a <c>kcopyd serve</c> that runs: one object in one line, one a connection. Paths are absolute.</summary>
internal sealed record ControlRequest
{
    /// <summary>Bytes of a line, the line feed included.</summary>
    public const int MaxLength = 64 << 10;

    /// <summary>status, create, diff, delete or grow.</summary>
    public required string Op { get; init; }

    /// <summary>create: the origin, which is served; diff: of which the store must be, null takes any.</summary>
    public string? Origin { get; init; }

    /// <summary>The store: of create the new one.</summary>
    public string? Cow { get; init; }

    /// <summary>delete: the stores.</summary>
    public IReadOnlyList<string>? Cows { get; init; }

    /// <summary>create: the name of the export; null takes that of the store's file.</summary>
    public string? Name { get; init; }

    /// <summary>create: bytes of a chunk; null takes the setting.</summary>
    public int? Chunk { get; init; }

    /// <summary>create and grow: bytes of the store's file.</summary>
    public long? Size { get; init; }

    /// <summary>create: reserves no space.</summary>
    public bool Sparse { get; init; }

    /// <summary>create: overwrites what is there; delete: takes stores of which a merge is not complete, too.</summary>
    public bool Force { get; init; }

    /// <summary>diff: the byte with which to begin, of <see cref="DiffPage.Next"/>; null is 0.</summary>
    public long? From { get; init; }

    /// <summary>create: P or PO; null is P.</summary>
    public string? Store { get; init; }
}

/// <summary>The answer, in one line.</summary>
internal sealed record ControlReply
{
    /// <summary>Bytes that a client takes.</summary>
    public const int MaxLength = 16 << 20;

    /// <summary>done; refused: nothing was changed; failed: a device failed.</summary>
    public required string Code { get; init; }

    /// <summary>Why it is not done, for people.</summary>
    public string? Error { get; init; }

    /// <summary>What is to be told besides.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>create: what was made.</summary>
    public ServedStoreReport? Created { get; init; }

    /// <summary>diff: where the snapshot and its origin differ.</summary>
    public DiffPage? Diff { get; init; }

    /// <summary>delete: the stores.</summary>
    public IReadOnlyList<string>? Deleted { get; init; }

    /// <summary>status: everything that is served; grow: the store.</summary>
    public IReadOnlyList<ServedReport>? Exports { get; init; }
}

/// <summary>A store that was made while its origin is served.</summary>
/// <param name="Status">How the snapshot is.</param>
/// <param name="Export">The name under which it is served, for reading only.</param>
/// <param name="Space">Whether the space of its file is reserved; null for a block device.</param>
internal sealed record ServedStoreReport(StatusReport Status, string Export, string? Space);

/// <summary>Ranges in which a snapshot and its origin differ, or may.</summary>
/// <param name="ChunkSize">Bytes; the ranges are of whole chunks.</param>
/// <param name="Ranges">In order, neighbours merged.</param>
/// <param name="Next">The byte from which to ask for more; null if these are the last.</param>
internal sealed record DiffPage(int ChunkSize, IReadOnlyList<ChangedRange> Ranges, long? Next)
{
    /// <summary>Ranges of an answer: with the largest numbers it has less than <see cref="ControlReply.MaxLength"/> bytes.</summary>
    public const int Most = 200_000;
}

/// <summary>Something that is served.</summary>
/// <param name="Name">The export's name; null for a snapshot that is not exported, because it is not whole.</param>
/// <param name="Path">The file or device.</param>
/// <param name="ReadOnly">True if writes are refused.</param>
/// <param name="Connections">Clients that use it now.</param>
/// <param name="Origin">Of a snapshot, its origin; null for anything else.</param>
/// <param name="Snapshot">How the snapshot is; null if it is none.</param>
internal sealed record ServedReport(string? Name, string Path, bool ReadOnly, int Connections, string? Origin, StatusReport? Snapshot)
{
    /// <inheritdoc/>
    public override string ToString() =>
        $"{(Name is null ? "(not exported)" : $"'{Name}'")} ({Path}): {Connections} client{(Connections == 1 ? "" : "s")}{(ReadOnly ? ", read-only" : "")}{(Snapshot is null ? "" : $", snapshot of {Origin}: {Snapshot.Text}")}";
}

/// <summary>Both, in one line. A member that is not known is refused: what it asks for would not be done.</summary>
internal static class ControlJson
{
    public static string Of(ControlRequest request) => JsonSerializer.Serialize(request, ControlJsonContext.Default.ControlRequest);

    public static string Of(ControlReply reply) => JsonSerializer.Serialize(reply, ControlJsonContext.Default.ControlReply);

    public static string Of(ServedStoreReport report) => JsonSerializer.Serialize(report, ControlJsonContext.Default.ServedStoreReport);

    public static string Of(IReadOnlyList<ServedReport> report) => JsonSerializer.Serialize(report, ControlJsonContext.Default.IReadOnlyListServedReport);

    /// <exception cref="JsonException">It is no request.</exception>
    public static ControlRequest Request(ReadOnlySpan<byte> line) => JsonSerializer.Deserialize(line, ControlJsonContext.Default.ControlRequest) ?? throw new JsonException("null is no request");

    /// <exception cref="JsonException">It is no answer.</exception>
    public static ControlReply Reply(ReadOnlySpan<byte> line) => JsonSerializer.Deserialize(line, ControlJsonContext.Default.ControlReply) ?? throw new JsonException("null is no answer");
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ControlRequest))]
[JsonSerializable(typeof(ControlReply))]
internal sealed partial class ControlJsonContext : JsonSerializerContext;
