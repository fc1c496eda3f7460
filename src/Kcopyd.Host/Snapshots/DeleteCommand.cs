using System.CommandLine;
using Kcopyd.Actors.Devices;
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
        var command = new Command("delete", "Ends snapshots for good. Their origins stay what they are.") { cows, serve, json };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var targets = parsed.GetValue(cows)!.Select(static path => new Target("COW", path, 0, null)).ToArray();
            if (Array.Find(targets, static target => target.Path.Length == 0) is not null)
                throw new UsageException("COW is empty: give a path.");
            if (parsed.GetValue(serve) is { } address)
            {
                var reply = await ControlClient.SendAsync(address, new ControlRequest { Op = "delete", Cows = [.. targets.Select(static target => Path.GetFullPath(target.Path))] }, console, cancellationToken).ConfigureAwait(false);
                await console.Out.WriteLineAsync(parsed.GetValue(json) ? SnapshotJson.Of(new DeleteReport(reply.Deleted ?? [])) : string.Join('\n', reply.Deleted!.Select(static path => $"deleted {path}"))).ConfigureAwait(false);
                return ExitCodes.Success;
            }
            using var held = StorageLocks.Take([.. targets.Select(static target => (target, true))], force: false, console);
            var opened = new List<(Target Target, FileBlockDevice Device)>();
            try
            {
                foreach (var target in targets)
                    opened.Add((target, await OpenAsync(target).ConfigureAwait(false)));
                // All are stores, and nobody uses them: nothing is half done by a wrong argument.
                foreach (var (target, device) in opened)
                    await EndAsync(target, device).ConfigureAwait(false);
            }
            finally
            {
                foreach (var (_, device) in opened)
                    await device.DisposeAsync().ConfigureAwait(false);
            }
            await console.Out.WriteLineAsync(parsed.GetValue(json)
                ? SnapshotJson.Of(new DeleteReport([.. targets.Select(static target => target.Path)]))
                : string.Join('\n', opened.Select(static one => one.Device.IsRegularFile ? $"deleted {one.Target.Name}" : $"wiped the store on {one.Target.Name}"))).ConfigureAwait(false);
            return ExitCodes.Success;
        });
        return command;
    }

    // A damaged store is one, too: whoever deletes it knows why.
    private static async Task<FileBlockDevice> OpenAsync(Target target)
    {
        var device = Devices.Open(target, new BlockDeviceOptions { Io = IoMode.Buffered });
        try
        {
            if (device.IsReadOnly)
                throw new UsageException($"{target} is read-only.");
            if (!await SnapshotFiles.IsStoreAsync(device).ConfigureAwait(false))
                throw new UsageException($"{target} is no COW store, and is not deleted.");
            return device;
        }
        catch
        {
            await device.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Ends a store, whose lock the caller has: the header first, and durably, so that the file is no store any more should it stay by some other name.</summary>
    /// <exception cref="FailureException">It cannot be written, or its file not deleted.</exception>
    public static async Task EndAsync(Target target, FileBlockDevice device)
    {
        await DeviceLoops.WriteAsync(device, 0, ZeroPages.Memory[..(int)Math.Min(device.Length, StoreReader.HeadSize(device))]).ConfigureAwait(false);
        await DeviceLoops.FlushAsync(device).ConfigureAwait(false);
        if (!device.IsRegularFile || !Equals(FileEntry.Of(target.Path).Identity, device.Locate(0).Storage))
            return;
        try
        {
            File.Delete(target.Path);
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            throw new FailureException($"{target}: its store is wiped, but the file cannot be deleted: {refused.Message}");
        }
    }
}
