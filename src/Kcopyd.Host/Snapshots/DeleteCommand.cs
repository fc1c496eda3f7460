using System.CommandLine;
using Kcopyd.Actors;
using Kcopyd.Actors.Memory;
using Kcopyd.Actors.Snapshots;

namespace Kcopyd.Host.Snapshots;

/// <summary><c>kcopyd snapshot delete COW…</c></summary>
internal static class DeleteCommand
{
    public static Command Create(CommandConsole console)
    {
        var cows = new Argument<string[]>("COW")
        {
            Description = "The stores: files, which are deleted, or block devices, whose header is wiped.",
            Arity = ArgumentArity.OneOrMore,
        };
        var (serve, json) = (ControlClient.Option(), SnapshotArguments.Json());
        var force = new Option<bool>("--force")
        {
            Description = "Delete even a store whose merge is not complete, or whose label cannot tell: data that is not merged yet is lost.",
        };
        var command = new Command("delete", "Ends snapshots permanently. Their origins do not change.") { cows, force, serve, json };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var operands = parsed.GetValue(cows)!.Select(static path => new Operand("COW", path, 0, null)).ToArray();
            if (Array.Find(operands, static operand => operand.Path.Length == 0) is not null)
                throw new UsageException("COW is empty: give a path.");
            if (parsed.GetValue(serve) is { } address)
            {
                var asked = new ControlRequest
                {
                    Op = "delete",
                    Cows = [.. operands.Select(static operand => Path.GetFullPath(operand.Path))],
                    Force = parsed.GetValue(force),
                };
                var reply = await ControlClient.SendAsync(address, asked, console, cancellationToken).ConfigureAwait(false);
                await console.Out.WriteLineAsync(parsed.GetValue(json)
                    ? SnapshotJson.Of(new DeleteReport(reply.Deleted ?? []))
                    : string.Join('\n', reply.Deleted!.Select(static path => $"deleted {path}"))).ConfigureAwait(false);
                return ExitCodes.Success;
            }
            using var held = StorageLocks.Take([.. operands.Select(static operand => (operand, true))], force: false, console);
            var opened = new List<(Operand Operand, FileBlockDevice Device)>();
            try
            {
                foreach (var operand in operands)
                    opened.Add((operand, await OpenAsync(operand, parsed.GetValue(force)).ConfigureAwait(false)));
                // All are stores and not in use, so that a wrong argument does not leave the deletion half done.
                foreach (var (operand, device) in opened)
                    await EndAsync(operand, device).ConfigureAwait(false);
            }
            finally
            {
                foreach (var (_, device) in opened)
                    await device.DisposeAsync().ConfigureAwait(false);
            }
            await console.Out.WriteLineAsync(parsed.GetValue(json)
                ? SnapshotJson.Of(new DeleteReport([.. operands.Select(static operand => operand.Path)]))
                : string.Join('\n', opened.Select(static one =>
                    one.Device.IsRegularFile ? $"deleted {one.Operand.Name}" : $"wiped the store on {one.Operand.Name}"))).ConfigureAwait(false);
            return ExitCodes.Success;
        });
        return command;
    }

    // Opens a store, even a damaged one.
    private static async Task<FileBlockDevice> OpenAsync(Operand operand, bool force)
    {
        var device = DeviceOpening.Open(operand, new BlockDeviceOptions { Io = IoMode.Buffered });
        try
        {
            if (device.IsReadOnly)
                throw new UsageException($"{operand} is read-only.");
            if (!await SnapshotFiles.IsStoreAsync(device).ConfigureAwait(false))
                throw new UsageException($"{operand} is not a COW store, and is not deleted.");
            if (!force)
                await CheckMayEndAsync(operand, device).ConfigureAwait(false);
            return device;
        }
        catch
        {
            await device.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Refuses to delete a store that may hold the only copy of data: one with an incomplete merge, or whose label cannot tell.</summary>
    /// <exception cref="UsageException">The store is refused.</exception>
    /// <exception cref="FailureException">The store cannot be read.</exception>
    public static async Task CheckMayEndAsync(Operand operand, FileBlockDevice device)
    {
        try
        {
            await StoreReader.CheckNotHalfMergedAsync(device).ConfigureAwait(false);
            await StoreReader.HeadAsync(device).ConfigureAwait(false);
        }
        catch (SnapshotStoreException damaged) when (damaged.Reason == SnapshotStoreError.DamagedLabel)
        {
            throw new UsageException($"{StoreSentences.DamagedLabel(operand)} Whether a merge of it is complete cannot be told. To delete it anyway: --force.");
        }
        catch (SnapshotStoreException half) when (half.Reason is SnapshotStoreError.HalfMerged or SnapshotStoreError.ReadFailed)
        {
            throw StoreErrors.Of(operand, half);
        }
        catch (SnapshotStoreException)
        {
            // Damaged in another way, or of another version: no usable data is lost.
        }
    }

    /// <summary>Deletes a store, whose lock the caller holds. Wipes the header first, durably, so that the file is no longer a store if another link to it
    /// remains.</summary>
    /// <exception cref="FailureException">The store cannot be written, or its file cannot be deleted.</exception>
    public static async Task EndAsync(Operand operand, FileBlockDevice device)
    {
        await DeviceLoops.WriteAsync(device, 0, ZeroPages.Memory[..(int)Math.Min(device.Length, StoreReader.HeadSize(device))]).ConfigureAwait(false);
        await DeviceLoops.FlushAsync(device).ConfigureAwait(false);
        if (!device.IsRegularFile || !Equals(FileEntry.Of(operand.Path).Identity, device.Locate(0).Storage))
            return;
        try
        {
            File.Delete(operand.Path);
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            throw new FailureException($"{operand}: its store is wiped, but the file cannot be deleted: {refused.Message}");
        }
    }
}
