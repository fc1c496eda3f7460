using Kcopyd.Actors;
using Kcopyd.Actors.IO;
using Kcopyd.Actors.Snapshots;

namespace Kcopyd.Host.Snapshots;

/// <summary>Messages for each reason why a COW store cannot be used or created, with the remedy in terms of the command line.</summary>
internal static class StoreSentences
{
    /// <returns>Null for a reason without a message here.</returns>
    public static string? Of(Operand operand, SnapshotStoreException unusable) => unusable switch
    {
        { Reason: SnapshotStoreError.ReadFailed } => $"{operand} cannot be read at byte {unusable.Offset}: {unusable.Error.Describe()}.",
        { Reason: SnapshotStoreError.WriteFailed, Offset: null } => $"{operand} cannot be flushed: {unusable.Error.Describe()}.",
        { Reason: SnapshotStoreError.WriteFailed } => $"{operand} cannot be written at byte {unusable.Offset}: {unusable.Error.Describe()}.",
        { Reason: SnapshotStoreError.OriginNotFlushed } => $"ORIGIN '{ForeignText.Path(unusable.Device)}' cannot be flushed ({unusable.Error.Describe()}): "
            + "what a snapshot of it would show after a power cut is not known.",
        { Reason: SnapshotStoreError.NoStore } => $"{operand} holds no COW store; create one: kcopyd snapshot create ORIGIN '{operand.Name}'.",
        { Reason: SnapshotStoreError.OtherData } => $"{operand} is not a COW store: it holds {ForeignText.Printable(unusable.Found ?? "other data")}. "
            + $"If it is an image, give its store: 'kcopyd snapshot list {operand.Name}' finds it.",
        { Reason: SnapshotStoreError.HoldsStore } => $"{operand} holds a COW store already; see 'kcopyd snapshot status'. "
            + "If its snapshot is not needed any more: --force.",
        { Reason: SnapshotStoreError.UnknownVersion } => $"{operand} was made by a newer release: "
            + $"it is a COW store of version {unusable.Version}, and this release knows version {StoreHeader.DiskVersion}.",
        { Reason: SnapshotStoreError.Truncated } => $"{Truncated(operand, unusable)} Restore its size; or read what it still has: --accept-truncated.",
        { Reason: SnapshotStoreError.TooSmall, ChunkSize: 0 } =>
            $"{operand} has {unusable.Length} bytes: too small for a COW store, which needs two chunks at least.",
        { Reason: SnapshotStoreError.TooSmall } =>
            $"{operand} has {unusable.Length} bytes: a COW store with chunks of {unusable.ChunkSize} bytes needs {unusable.Needed} at least.",
        { Reason: SnapshotStoreError.Misaligned } =>
            $"{operand}: direct I/O on it needs multiples of {unusable.Alignment} bytes, and its chunks have {unusable.ChunkSize}.",
        { Reason: SnapshotStoreError.OtherOrigin } =>
            $"{OtherOrigin(operand, unusable)} If ORIGIN was moved or restored, and holds what it held: --accept-origin.",
        { Reason: SnapshotStoreError.Damaged, Record: { } record } => Of(operand, record, unusable.ChunkSize),
        { Reason: SnapshotStoreError.Damaged } => $"{operand}: according to its header a chunk has {unusable.ChunkSize} bytes, "
            + $"which is not a power of two from {IoRegion.SectorSize} to {StoreGeometry.MaxChunk}: the store is damaged.",
        { Reason: SnapshotStoreError.DamagedLabel } => $"{DamagedLabel(operand)} {StoreErrors.DamagedLabelRemedy(operand)}",
        { Reason: SnapshotStoreError.HalfMerged } => $"{operand} is half merged: "
            + $"a merge into {ForeignText.Path(unusable.Label?.OriginName ?? "its origin")} was begun and is not complete, "
            + $"and what is still to be merged is nowhere else. Complete it: kcopyd snapshot merge ORIGIN '{operand.Name}'. "
            + $"If what is left is not needed any more: kcopyd snapshot delete '{operand.Name}' --force.",
        { Reason: SnapshotStoreError.Unclean } => $"{operand} was in use by a writer of its origin that did not close it. "
            + "After a crash or a power cut it is whole; but if its own device had failed, it lacks chunks that the origin has overwritten, "
            + "and the two cannot be told apart. "
            + "If its device has not failed: --accept-unclean. Otherwise take a new snapshot.",
        _ => null,
    };

    /// <summary>The message about a damaged label, without a remedy.</summary>
    public static string DamagedLabel(Operand operand) => $"{operand}: its label, in the first sector, has a wrong checksum: the store is damaged.";

    /// <summary>The message about a refused record, without a remedy.</summary>
    /// <returns>Null for an error without a message here.</returns>
    public static string? Of(Operand operand, SnapshotRecordFault fault, long chunkSize)
    {
        var (old, place) = fault.Record;
        var why = fault.Error switch
        {
            SnapshotRecordError.BehindOrigin =>
                $"old chunk {old} is beyond the end of the origin, which has {fault.Chunks} chunks of {chunkSize} bytes. Is it another origin's store?",
            SnapshotRecordError.BehindStore => $"new chunk {place} is beyond the end of the store, which has {fault.Chunks} chunks: it was truncated.",
            SnapshotRecordError.InMetadata => $"new chunk {place} holds metadata of the store: the store is damaged, or was made to do damage.",
            SnapshotRecordError.ChunkTaken => $"new chunk {place} is taken by {fault.Other} already: the store is damaged.",
            SnapshotRecordError.SecondException => $"old chunk {old} has an exception already: {fault.Other}. Which one holds cannot be told.",
            _ => null,
        };
        return why is null ? null : $"{operand}: record {fault.Index} of metadata area {fault.Area} ({fault.Record}) is refused: {why}";
    }

    private static string? Truncated(Operand operand, SnapshotStoreException unusable) => unusable.Record is { } record
        ? Of(operand, record, unusable.ChunkSize)
        : $"{operand} ends at byte {unusable.Length}, and its metadata reaches to byte {unusable.Needed}: it was truncated.";

    private static string? OtherOrigin(Operand operand, SnapshotStoreException unusable) => unusable.Record is { } record
        ? Of(operand, record, unusable.ChunkSize)
        : $"{operand} is a snapshot of {Described(unusable.Label?.OriginName, unusable.Label?.OriginLength, unusable.Label?.OriginKey)}, "
            + $"not of {Described(unusable.Origin?.Name, unusable.OriginLength, unusable.Origin?.Key)}.";

    private static string Described(string? name, long? length, string? key) =>
        $"{ForeignText.Path(name ?? "another origin")} ({length} bytes{(key is null ? "" : $", {ForeignText.Printable(key)}")})";
}
