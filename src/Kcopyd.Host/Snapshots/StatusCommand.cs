using System.CommandLine;
using System.Globalization;
using Kcopyd.Actors.IO;
using Kcopyd.Actors.Snapshots;

namespace Kcopyd.Host.Snapshots;

/// <summary><c>kcopyd snapshot status COW</c></summary>
internal static class StatusCommand
{
    public static Command Create(CommandConsole console)
    {
        var cow = SnapshotArguments.Cow();
        cow.Arity = ArgumentArity.ZeroOrOne;
        var serve = ControlClient.Option();
        var origin = new Option<string?>("--origin") { Description = "Check the store against this origin, too.", HelpName = "ORIGIN" };
        var (acceptTruncated, json) = (SnapshotArguments.AcceptTruncated(), SnapshotArguments.Json());
        var command = new Command("status", "Shows the status of a snapshot; the last line has the format of 'dmsetup status'. Locks nothing.")
        {
            cow, origin, acceptTruncated, serve, json,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            if (parsed.GetValue(serve) is { } address)
                return await AskAsync(address, parsed.GetValue(cow), parsed.GetValue(json), console, cancellationToken).ConfigureAwait(false);
            var store = parsed.GetValue(cow)
                ?? throw new UsageException("COW is missing: give a store, or --serve ADDRESS for everything that is served there.");
            var contents = await StoreCommand.ReadAsync(store, parsed.GetValue(origin), parsed.GetValue(acceptTruncated)).ConfigureAwait(false);
            await console.Out.WriteLineAsync(parsed.GetValue(json) ? SnapshotJson.Of(StatusReport.Of(contents)) : Text(contents)).ConfigureAwait(false);
            return await ExitAsync(contents, console).ConfigureAwait(false);
        });
        return command;
    }

    // Reports on everything that is served, or on one store.
    private static async Task<int> AskAsync(string address, string? cow, bool json, CommandConsole console, CancellationToken cancellationToken)
    {
        var asked = new ControlRequest { Op = "status", Cow = cow is null ? null : Path.GetFullPath(cow) };
        var exports = (await ControlClient.SendAsync(address, asked, console, cancellationToken).ConfigureAwait(false)).Exports ?? [];
        await console.Out.WriteLineAsync(json ? ControlJson.Of(exports) : string.Join('\n', exports)).ConfigureAwait(false);
        return exports.Any(static one => one.Snapshot?.State is nameof(SnapshotState.Invalid) or nameof(SnapshotState.Overflow))
            ? ExitCodes.Errors
            : ExitCodes.Success;
    }

    /// <summary>Reports what is wrong with a snapshot, and returns the exit code.</summary>
    public static async Task<int> ExitAsync(SnapshotStoreContents contents, CommandConsole console)
    {
        var wrong = contents.Status.State == SnapshotState.Invalid ? StoreErrors.Invalid(contents.Status)
            : contents.LabelError is { } unread ? StoreErrors.Of(new Operand("COW", contents.Status.Name, 0, null), unread).Message
            : null;
        if (wrong is null)
            return ExitCodes.Success;
        await console.Error.WriteLineAsync($"kcopyd: {wrong}").ConfigureAwait(false);
        return ExitCodes.Errors;
    }

    /// <summary>The summary, and the line of <c>dmsetup status</c>.</summary>
    public static string Text(SnapshotStoreContents contents) =>
        contents.Status is { State: SnapshotState.Invalid } invalid ? invalid.ToString() : $"{Summary(contents)}\n{contents.Status}";

    /// <summary>A one-line summary for the user.</summary>
    public static string Summary(SnapshotStoreContents contents)
    {
        var status = contents.Status;
        return status.State == SnapshotState.Invalid ? $"{ForeignText.Path(status.Name)}: invalid" : string.Create(CultureInfo.InvariantCulture,
            $"{ForeignText.Path(status.Name)}: {status.Exceptions} chunks of {ByteSize.Format(status.ChunkSize)} differ; "
                + $"{status.UsedPercent:0.0} % of {ByteSize.Format(512.0 * status.TotalSectors)} in use{Notes(contents)}");
    }

    // Additional facts from the label.
    private static string Notes(SnapshotStoreContents contents) =>
        contents.LabelError is not null ? "; its label cannot be read"
        : (contents.Label is { IsUnclean: true } ? "; in use by a writer of its origin, or not closed by one" : "")
            + (contents.IsHalfMerged ? $"; a merge into {ForeignText.Path(contents.Label!.OriginName)} was begun and is not complete" : "");
}
