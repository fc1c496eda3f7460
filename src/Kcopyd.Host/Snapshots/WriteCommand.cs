using System.CommandLine;
using Kcopyd.Actors.Devices;
using Kcopyd.Actors.Snapshots;

namespace Kcopyd.Host.Snapshots;

/// <summary><c>kcopyd snapshot write ORIGIN COW</c></summary>
internal static class WriteCommand
{
    private const int Piece = 4 << 20;      // bytes: one request, so that all of it is committed at once

    public static Command Create(CommandConsole console)
    {
        var (origin, cow) = (SnapshotArguments.Origin(), SnapshotArguments.Cow());
        var (more, store, acceptTruncated, json) = (SnapshotArguments.MoreCows(), SnapshotArguments.Store(), SnapshotArguments.AcceptTruncated(), SnapshotArguments.Json());
        var at = SnapshotArguments.Bytes("--at", "First byte to write; any number.");
        var from = new Option<string>("--from") { Description = "What to write: all of this file, or standard input.", HelpName = "FILE|-", Required = true };
        var toOrigin = new Option<bool>("--to-origin") { Description = "Write to the origin: COW, and every --cow, get what they need of it before, and stay what they are." };
        var command = new Command("write", "Writes bytes to the snapshot, or with --to-origin to the origin under it. On stable storage before it says done.")
        {
            origin, cow, at, from, toOrigin, more, store, acceptTruncated, json,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var isToOrigin = parsed.GetValue(toOrigin);
            string[] cows = [parsed.GetRequiredValue(cow), .. parsed.GetValue(more)!];
            if (cows.Length > 1 && !isToOrigin)
                throw new UsageException("--cow is for --to-origin: a write to one snapshot changes no other.");
            var files = await SnapshotFiles.LockAsync(parsed.GetRequiredValue(origin), isToOrigin, cows, writesCows: true, console).ConfigureAwait(false);
            await using var filesLease = files.ConfigureAwait(false);
            var input = InputFile.Open(parsed.GetValue(from)!, console);
            await using var inputLease = input.ConfigureAwait(false);
            var offset = parsed.GetValue(at);
            if (offset > files.Origin.Length || input.Length > files.Origin.Length - offset)
                throw new UsageException($"ORIGIN '{files.Origin.Name}' has {files.Origin.Length} bytes; --at {offset} and {input.Length ?? 0} bytes of {input.Name} reach past its end.");

            var options = new SnapshotOptions { Mode = StoreMode.Open, Store = parsed.GetValue(store), AcceptTruncated = parsed.GetValue(acceptTruncated) };
            var opened = await OpenSnapshots.OpenAsync(files, options).ConfigureAwait(false);
            await using var openedLease = opened.ConfigureAwait(false);
            var device = isToOrigin ? (IBlockDevice)opened.Origin : opened.First;
            var written = await WriteAsync(device, offset, input, cancellationToken).ConfigureAwait(false);
            return await ReportAsync(opened, offset, written, parsed.GetValue(json), isToOrigin ? files.Origin.Name : files.Cows.First().Name, console).ConfigureAwait(false);
        });
        return command;
    }

    // Pieces end at multiples of their size: chunks that are written whole need not be read before.
    private static async Task<Written> WriteAsync(IBlockDevice device, long offset, InputFile input, CancellationToken cancellationToken)
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
                if (fits < count)
                    throw new FailureException($"{input.Name} goes on past the end of the origin, which has {device.Length} bytes: the rest is not written.");
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

    private static async Task<int> ReportAsync(OpenSnapshots opened, long at, Written written, bool json, string target, CommandConsole console)
    {
        var statuses = await opened.GetStatusesAsync().ConfigureAwait(false);
        if (written.IsCancelled)
            await console.Error.WriteLineAsync("kcopyd: interrupted.").ConfigureAwait(false);
        if (written.Error is not null)
            await console.Error.WriteLineAsync($"kcopyd: {written.Error}").ConfigureAwait(false);
        foreach (var told in statuses.Select(StoreErrors.After).OfType<string>())
            await console.Error.WriteLineAsync($"kcopyd: {told}").ConfigureAwait(false);
        var isWhole = written is { Error: null, IsCancelled: false };
        await console.Out.WriteLineAsync(json
            ? SnapshotJson.Of(new BytesReport(at, written.Bytes, isWhole, written.Error, [.. statuses.Select(StatusReport.Of)]))
            : $"wrote {written.Bytes} bytes at {at} to {target}").ConfigureAwait(false);
        return written.IsCancelled ? ExitCodes.Interrupted : isWhole && !statuses.Any(StoreErrors.IsBroken) ? ExitCodes.Success : ExitCodes.Errors;
    }

    private sealed record Written(long Bytes, string? Error, bool IsCancelled);
}
