using System.CommandLine;
using Kcopyd.Actors;

namespace Kcopyd.Host.Snapshots;

/// <summary><c>kcopyd snapshot write ORIGIN COW</c></summary>
internal static class WriteCommand
{
    private const int Piece = 4 << 20;      // bytes of one request, which is committed at once

    public static Command Create(CommandConsole console)
    {
        var (origin, cow) = (SnapshotArguments.Origin(), SnapshotArguments.Cow());
        var (more, store, grow, json) = (SnapshotArguments.MoreCows(), SnapshotArguments.Store(), SnapshotArguments.Grow(), SnapshotArguments.Json());
        var (ignoreUnnamed, progress) = (SnapshotArguments.IgnoreUnnamed(), SnapshotArguments.Progress());
        var at = SnapshotArguments.Bytes("--at", "The first byte to write; any offset.");
        var from = new Option<string>("--from")
        {
            Description = "The data to write: all of this file, or standard input.",
            HelpName = "FILE|-",
            Required = true,
        };
        var toOrigin = new Option<bool>("--to-origin")
        {
            Description = "Write to the origin: the old data is copied first to COW and to every --cow that needs it, so that they do not change.",
        };
        var acceptance = new AcceptanceOptions();
        var command = new Command("write",
            "Writes bytes to the snapshot, or with --to-origin to its origin. The data is on stable storage before the command reports success.")
        {
            origin, cow, at, from, toOrigin, more, ignoreUnnamed, store, grow,
        };
        acceptance.AddTo(command);
        command.Add(progress);
        command.Add(json);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var isToOrigin = parsed.GetValue(toOrigin);
            string[] cows = [parsed.GetRequiredValue(cow), .. parsed.GetValue(more)!];
            if (cows.Length > 1 && !isToOrigin)
                throw new UsageException("--cow requires --to-origin: a write to one snapshot does not change the others.");
            var files = await SnapshotFiles.LockAsync(parsed.GetRequiredValue(origin), isToOrigin, cows, writesCows: true, console).ConfigureAwait(false);
            await using var filesLease = files.ConfigureAwait(false);
            if (isToOrigin && !parsed.GetValue(ignoreUnnamed))
                await OriginStores.CheckAllNamedAsync(files.All[0], files.All, static path => $"--cow '{path}'").ConfigureAwait(false);
            var growth = parsed.GetValue(grow);
            files.CheckMayGrow(growth);
            var input = InputFile.Open(parsed.GetValue(from)!, console, cancellationToken);
            await using var inputLease = input.ConfigureAwait(false);
            var offset = parsed.GetValue(at);
            if (offset > files.Origin.Length || input.Length > files.Origin.Length - offset)
            {
                throw new UsageException($"ORIGIN '{files.Origin.Name}' has {files.Origin.Length} bytes; "
                    + $"--at {offset} and {input.Length ?? 0} bytes of {input.Name} reach past its end.");
            }

            var options = acceptance.Read(parsed).Open with { Store = parsed.GetValue(store), Growth = growth };
            var opened = await OpenSnapshots.OpenAsync(files, options, isToOrigin ? SnapshotUse.Origin : SnapshotUse.Snapshots).ConfigureAwait(false);
            await using var openedLease = opened.ConfigureAwait(false);
            foreach (var notice in opened.All.Select(static one => one.Notice).OfType<string>())
                await console.Error.WriteLineAsync($"kcopyd: {notice}").ConfigureAwait(false);
            var (device, name) = isToOrigin ? ((IBlockDevice)opened.Origin, files.Origin.Name) : (opened.First, files.Cows.First().Name);
            var watch = new WorkWatch(name, input.Length);
            var writing = WriteAsync(device, offset, input, watch, cancellationToken);
            await watch.WatchAsync(writing, parsed.GetValue(progress), console).ConfigureAwait(false);
            return await ReportAsync(opened, offset, await writing.ConfigureAwait(false), parsed.GetValue(json), name, console).ConfigureAwait(false);
        });
        return command;
    }

    // Pieces end at multiples of their size, because chunks that are written completely need not be read first.
    private static async Task<Written> WriteAsync(IBlockDevice device, long offset, InputFile input, WorkWatch watch, CancellationToken cancellationToken)
    {
        var buffer = new byte[Piece];
        long done = 0;
        string? error = null;
        var isCancelled = false;
        try
        {
            while (true)
            {
                cancellationToken.ThrowIfCancellationRequested();
                var wanted = Piece - (int)((offset + done) % Piece);
                var count = await input.ReadAsync(buffer.AsMemory(0, wanted), cancellationToken).ConfigureAwait(false);
                var fits = (int)Math.Min(count, device.Length - offset - done);
                await DeviceLoops.WriteAsync(device, offset + done, buffer.AsMemory(0, fits)).ConfigureAwait(false);
                done += fits;
                watch.Bytes = done;
                if (fits < count)
                    throw new FailureException($"{input.Name} continues past the end of the origin, which has {device.Length} bytes: the rest is not written.");
                if (count < wanted)
                    break;
            }
        }
        catch (OperationCanceledException)
        {
            isCancelled = true;
        }
        catch (FailureException failed)
        {
            error = failed.Message;
        }
        try
        {
            await DeviceLoops.FlushAsync(device).ConfigureAwait(false);
        }
        catch (FailureException failed)
        {
            error ??= failed.Message;
        }
        return new Written(done, error, isCancelled);
    }

    private static async Task<int> ReportAsync(OpenSnapshots opened, long at, Written written, bool json, string operand, CommandConsole console)
    {
        var before = opened.All.Select(static one => one.Notice).ToList();
        var statuses = await opened.GetStatusesAsync().ConfigureAwait(false);
        if (written.IsCancelled)
            await console.Error.WriteLineAsync("kcopyd: interrupted.").ConfigureAwait(false);
        if (written.Error is not null)
            await console.Error.WriteLineAsync($"kcopyd: {written.Error}").ConfigureAwait(false);
        // Messages that were reported on opening are not repeated.
        foreach (var told in statuses.Select(StoreErrors.After).OfType<string>().Except(before.OfType<string>()))
            await console.Error.WriteLineAsync($"kcopyd: {told}").ConfigureAwait(false);
        var unclosed = await opened.CloseAsync().ConfigureAwait(false);
        foreach (var told in unclosed)
            await console.Error.WriteLineAsync($"kcopyd: {told}").ConfigureAwait(false);
        var isWhole = written is { Error: null, IsCancelled: false };
        var lost = statuses.Where(StoreErrors.IsBroken).Select(static status => status.Name).ToList();
        var report = new BytesReport(at, written.Bytes, isWhole, written.Error, [.. statuses.Select(StatusReport.Of)]);
        await console.Out.WriteLineAsync(json ? SnapshotJson.Of(report) : Text(report, operand, lost)).ConfigureAwait(false);
        return written.IsCancelled ? ExitCodes.Interrupted
            : !isWhole || unclosed.Count > 0 ? ExitCodes.Errors
            : lost.Count > 0 ? ExitCodes.SnapshotLost
            : ExitCodes.Success;
    }

    private static string Text(BytesReport report, string operand, List<string> lost) =>
        $"wrote {report.Bytes} bytes at {report.At} to {operand}{(report.IsWhole ? "" : "; the rest is not written")}"
            + (lost.Count == 0 ? "" : $"; not kept in {string.Join(", ", lost)}");

    private sealed record Written(long Bytes, string? Error, bool IsCancelled);
}
