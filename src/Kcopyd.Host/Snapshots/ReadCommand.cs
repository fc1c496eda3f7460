using System.CommandLine;
using Kcopyd.Actors;
using Kcopyd.Actors.Snapshots;

namespace Kcopyd.Host.Snapshots;

/// <summary><c>kcopyd snapshot read ORIGIN COW</c></summary>
internal static class ReadCommand
{
    private const int Piece = 4 << 20;      // bytes

    public static Command Create(CommandConsole console)
    {
        var (origin, cow, acceptance, json) = (SnapshotArguments.Origin(), SnapshotArguments.Cow(), new AcceptanceOptions(), SnapshotArguments.Json());
        var at = SnapshotArguments.Bytes("--at", "The first byte to read; any offset.");
        var length = SnapshotArguments.Bytes("--length", "The number of bytes; any number.");
        var into = new Option<string>("--into")
        {
            Description = "The destination: a file, or standard output.",
            HelpName = "FILE|-",
            DefaultValueFactory = _ => "-",
        };
        var overwrite = new Option<bool>("--overwrite") { Description = "Replace an existing file that holds data." };
        var command = new Command("read", "Reads bytes of the snapshot.") { origin, cow, at, length, into, overwrite };
        acceptance.AddTo(command);
        command.Add(json);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var (offset, count, path, isJson) = (parsed.GetValue(at), parsed.GetValue(length), parsed.GetValue(into)!, parsed.GetValue(json));
            if (isJson && path == "-")
                throw new UsageException("--json and the bytes would both go to standard output; name a file with --into.");
            var files = await SnapshotFiles.LockAsync(parsed.GetRequiredValue(origin), false, [parsed.GetRequiredValue(cow)], false, console)
                .ConfigureAwait(false);
            await using var filesLease = files.ConfigureAwait(false);
            if (offset > files.Origin.Length || count > files.Origin.Length - offset)
                throw new UsageException($"ORIGIN '{files.Origin.Name}' has {files.Origin.Length} bytes; --at {offset} --length {count} reaches past its end.");
            var operand = path == "-"
                ? null
                : await CheckAsync(files, new Operand("--into", path, 0, null), parsed.GetValue(overwrite)).ConfigureAwait(false);

            var opened = await OpenSnapshots.OpenAsync(files, acceptance.Read(parsed).Open, SnapshotUse.Snapshots).ConfigureAwait(false);
            await using var openedLease = opened.ConfigureAwait(false);
            if (operand is null)
            {
                var stream = console.OpenOutput();
                await using var streamLease = stream.ConfigureAwait(false);
                using var abort = cancellationToken.Register(() => (stream as DescriptorStream)?.Abort());
                await ReadAsync(opened.First, offset, count, (_, bytes) => stream.WriteAsync(bytes, cancellationToken), cancellationToken)
                    .ConfigureAwait(false);
                return ExitCodes.Success;
            }
            await IntoFileAsync(opened.First, offset, count, operand, console, cancellationToken).ConfigureAwait(false);
            var status = await opened.First.GetStatusAsync(CancellationToken.None).ConfigureAwait(false);
            await console.Out.WriteLineAsync(isJson
                ? SnapshotJson.Of(new BytesReport(offset, count, true, null, [StatusReport.Of(status)]))
                : $"read {count} bytes at {offset} into {path}").ConfigureAwait(false);
            return ExitCodes.Success;
        });
        return command;
    }

    private static async Task<Operand> CheckAsync(SnapshotFiles files, Operand into, bool overwrite)
    {
        var survey = await Survey.OfDestinationAsync(into).ConfigureAwait(false);
        files.CheckApart(survey);
        return survey is { Kind: OperandKind.File, HoldsData: true } && !overwrite
            ? throw new UsageException($"{into} exists and holds {ByteSize.Format(survey.Size)}. To replace it: --overwrite.")
            : into;
    }

    private static async Task IntoFileAsync(
        Snapshot snapshot, long offset, long count, Operand into, CommandConsole console, CancellationToken cancellationToken)
    {
        using var held = StorageLocks.Take([(into, true)], force: false, console);
        var file = DeviceOpening.Open(into, new BlockDeviceOptions { Create = true, Truncate = true, Length = count, Io = IoMode.Buffered });
        await using var fileLease = file.ConfigureAwait(false);
        await ReadAsync(snapshot, offset, count, (at, bytes) => DeviceLoops.WriteAsync(file, at, bytes), cancellationToken).ConfigureAwait(false);
        await DeviceLoops.FlushAsync(file).ConfigureAwait(false);
    }

    private static async Task ReadAsync(
        Snapshot snapshot, long offset, long count, Func<long, ReadOnlyMemory<byte>, ValueTask> write, CancellationToken cancellationToken)
    {
        var buffer = new byte[(int)Math.Min(Piece, count)];
        for (long done = 0; done < count;)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var piece = buffer.AsMemory(0, (int)Math.Min(buffer.Length, count - done));
            await DeviceLoops.ReadAsync(snapshot, offset + done, piece).ConfigureAwait(false);
            await write(done, piece).ConfigureAwait(false);
            done += piece.Length;
        }
    }
}
