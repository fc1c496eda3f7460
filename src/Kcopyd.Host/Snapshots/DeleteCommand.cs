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
        var cows = new Argument<string[]>("COW") { Description = "The stores: files, which are deleted, or block devices, whose header is wiped.", Arity = ArgumentArity.OneOrMore };
        var (serve, json) = (ControlClient.Option(), SnapshotArguments.Json());
        var force = new Option<bool>("--force")
        {
            Description = "Delete also a store whose merge is not complete, or that cannot tell whether it is: what is not merged yet is lost.",
        };
        var command = new Command("delete", "Ends snapshots for good. Their origins stay what they are.") { cows, force, serve, json };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var operands = parsed.GetValue(cows)!.Select(static path => new Operand("COW", path, 0, null)).ToArray();
            if (Array.Find(operands, static operand => operand.Path.Length == 0) is not null)
                throw new UsageException("COW is empty: give a path.");
            if (parsed.GetValue(serve) is { } address)
            {
                var asked = new ControlRequest { Op = "delete", Cows = [.. operands.Select(static operand => Path.GetFullPath(operand.Path))], Force = parsed.GetValue(force) };
                var reply = await ControlClient.SendAsync(address, asked, console, cancellationToken).ConfigureAwait(false);
                await console.Out.WriteLineAsync(parsed.GetValue(json) ? SnapshotJson.Of(new DeleteReport(reply.Deleted ?? [])) : string.Join('\n', reply.Deleted!.Select(static path => $"deleted {path}"))).ConfigureAwait(false);
                return ExitCodes.Success;
            }
            using var held = StorageLocks.Take([.. operands.Select(static operand => (operand, true))], force: false, console);
            var opened = new List<(Operand Operand, FileBlockDevice Device)>();
            try
            {
                foreach (var operand in operands)
                    opened.Add((operand, await OpenAsync(operand, parsed.GetValue(force)).ConfigureAwait(false)));
                // All are stores, and nobody uses them: nothing is half done by a wrong argument.
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
                : string.Join('\n', opened.Select(static one => one.Device.IsRegularFile ? $"deleted {one.Operand.Name}" : $"wiped the store on {one.Operand.Name}"))).ConfigureAwait(false);
            return ExitCodes.Success;
        });
        return command;
    }

    // A damaged store is one, too.
    private static async Task<FileBlockDevice> OpenAsync(Operand operand, bool force)
    {
        var device = DeviceOpening.Open(operand, new BlockDeviceOptions { Io = IoMode.Buffered });
        try
        {
            if (device.IsReadOnly)
                throw new UsageException($"{operand} is read-only.");
            if (!await SnapshotFiles.IsStoreAsync(device).ConfigureAwait(false))
                throw new UsageException($"{operand} is no COW store, and is not deleted.");
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

    /// <summary>Refuses to end a store that has the only copy of something: of which a merge is not complete, or whose label does not tell.</summary>
    /// <exception cref="UsageException">It is one.</exception>
    /// <exception cref="FailureException">It cannot be read.</exception>
    public static async Task CheckMayEndAsync(Operand operand, FileBlockDevice device)
    {
        try
        {
            await StoreReader.CheckNotHalfMergedAsync(device).ConfigureAwait(false);
            await StoreReader.HeadAsync(device).ConfigureAwait(false);
        }
        catch (SnapshotStoreException damaged) when (damaged.Reason == SnapshotStoreError.DamagedLabel)
        {
            throw new UsageException($"{StoreSentences.DamagedLabel(operand)} Whether a merge of it is complete cannot be told. To delete it all the same: --force.");
        }
        catch (SnapshotStoreException half) when (half.Reason is SnapshotStoreError.HalfMerged or SnapshotStoreError.ReadFailed)
        {
            throw StoreErrors.Of(operand, half);
        }
        catch (SnapshotStoreException)
        {
            // Otherwise damaged, or of another version: nothing is lost that could be used.
        }
    }

    /// <summary>Ends a store, whose lock the caller has: the header first, and durably, so that the file is no store any more should it stay by some other
    /// name.</summary>
    /// <exception cref="FailureException">It cannot be written, or its file not deleted.</exception>
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
