using System.Globalization;
using Kcopyd.Actors.IO;
using Kcopyd.Actors.Snapshots;

namespace Kcopyd.Host.Snapshots;

/// <summary>Messages that say what is wrong with a store, with the remedies of the command line.</summary>
internal static class StoreErrors
{
    private const int Filling = 80;     // percent

    /// <summary>Why a store cannot be used or created: a <see cref="FailureException"/> if a device failed, otherwise a <see cref="UsageException"/>.</summary>
    public static Exception Of(Operand operand, SnapshotStoreException unusable)
    {
        var sentence = StoreSentences.Of(operand, unusable) ?? $"{operand}: {unusable.Message}";
        return unusable.Reason is SnapshotStoreError.ReadFailed or SnapshotStoreError.WriteFailed or SnapshotStoreError.OriginNotFlushed
            ? new FailureException(sentence)
            : new UsageException(sentence);
    }

    /// <summary>The remedy for a store with a damaged label: saves the content of the snapshot without writing to the store.</summary>
    public static string DamagedLabelRemedy(Operand operand) =>
        $"Of which origin it is, whether a writer of that closed it, and whether a merge of it is complete, cannot be told. "
        + "If only the label is damaged, save what the snapshot shows, which writes nothing to it: "
        + $"kcopyd snapshot export ORIGIN '{operand.Path}' FILE --accept-origin. "
        + "If that is what it should be, write and merge take the store with --accept-origin, and give it a new label.";

    /// <summary>Refuses to create a store on a file or device that holds data.</summary>
    public static UsageException Occupied(Operand operand, string found) =>
        new($"{operand} holds {found}, which a COW store would overwrite. Give another file or device; if that is not needed any more: --force.");

    public static string Invalid(SnapshotStatus status) =>
        $"{Name(status)}: the snapshot is invalid ({status.Reason}): it has lost a part of its content. "
            + $"{(status.IsRecorded ? "" : "This could not be recorded in its store, which still looks valid: do not accept it. ")}Take a new one.";

    /// <summary>For an unclean store that is kept up to date, but whose snapshot is not shown.</summary>
    public static string Unclean(Operand operand) =>
        $"{operand.Name}: the store was in use by a writer of its origin that did not close it: it is kept up to date, "
            + "but whether the snapshot is intact cannot be told. If the store's device has not failed: --accept-unclean.";

    /// <summary>A message about the state of a snapshot after a write; null if the snapshot is intact.</summary>
    public static string? After(SnapshotStatus status) => status switch
    {
        { State: SnapshotState.Invalid } => Invalid(status),
        { Problem: SnapshotProblem.NotClosed } => $"{Name(status)}: {status.Reason}: it stays marked as unclean, and is refused when it is opened again.",
        { State: SnapshotState.Overflow, Problem: SnapshotProblem.NoSpace } =>
            $"{Name(status)}: {status.Reason}. The snapshot can be read, not written, until there is space on the store's file system.",
        { State: SnapshotState.Overflow } => $"{Name(status)}: the store is full: the snapshot can be read, not written.",
        { UsedPercent: >= Filling } => string.Create(CultureInfo.InvariantCulture,
            $"{Name(status)}: {status.UsedPercent:0} % of the store is in use, and a full one ends the snapshot. "
                + $"Export or merge it, or let the file grow: truncate -s +SIZE."),
        _ => null,
    };

    public static bool IsBroken(SnapshotStatus status) =>
        status.State is SnapshotState.Invalid or SnapshotState.Overflow || status.Problem == SnapshotProblem.NotClosed;

    private static string Name(SnapshotStatus status) => ForeignText.Path(status.Name);
}
