using System.CommandLine;
using Kcopyd.Actors;
using Kcopyd.Actors.Devices;

namespace Kcopyd.Host.Snapshots;

/// <summary><c>kcopyd snapshot grow COW</c></summary>
internal static class GrowCommand
{
    public static Command Create(CommandConsole console)
    {
        var (cow, size, serve, json) = (SnapshotArguments.Cow(), SnapshotArguments.Size(), ControlClient.Option(), SnapshotArguments.Json());
        (size.Required, size.Description) = (true, "The new size of the file in bytes; its space is reserved.");
        var command = new Command("grow", "Enlarges the file of a store.") { cow, size, serve, json };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var (operand, length) = (new Operand("COW", parsed.GetRequiredValue(cow), 0, null), parsed.GetValue(size)!.Value);
            if (operand.Path.Length == 0)
                throw new UsageException("COW is empty: give a path.");
            StatusReport status;
            if (parsed.GetValue(serve) is { } address)
            {
                var asked = new ControlRequest { Op = "grow", Cow = Path.GetFullPath(operand.Path), Size = length };
                status = (await ControlClient.SendAsync(address, asked, console, cancellationToken).ConfigureAwait(false)).Exports![0].Snapshot!;
            }
            else
            {
                using var held = StorageLocks.Take([(operand, true)], force: false, console);
                var device = DeviceOpening.Open(operand, new BlockDeviceOptions { Io = IoMode.Buffered });
                await using var lease = device.ConfigureAwait(false);
                if (!await SnapshotFiles.IsStoreAsync(device).ConfigureAwait(false))
                    throw new UsageException($"{operand} is not a COW store.");
                await GrowAsync(operand, device, length).ConfigureAwait(false);
                var accepted = new Acceptance(Truncated: true, Origin: true, Unclean: true);
                status = StatusReport.Of(await StoreCommand.ReadAsync(operand, device, null, null, accepted).ConfigureAwait(false));
            }
            await console.Out.WriteLineAsync(parsed.GetValue(json)
                ? SnapshotJson.Of(status)
                : $"{operand.Name}: {ByteSize.Format(512.0 * status.TotalSectors)}\n{status.Text}").ConfigureAwait(false);
            return ExitCodes.Success;
        });
        return command;
    }

    /// <summary>Enlarges a file, and flushes it.</summary>
    /// <exception cref="UsageException">The device is not a file that is open for writing, or the size is invalid.</exception>
    /// <exception cref="FailureException">The file cannot grow.</exception>
    public static async Task GrowAsync(Operand operand, FileBlockDevice device, long size)
    {
        var growing = (IGrowingDevice)device;
        growing.Refresh();
        if (!growing.CanGrow)
            throw new UsageException($"{operand} is not a file; it grows when its volume is extended, which is detected while it is in use.");
        if (size < device.Length || size % IoRegion.SectorSize != 0)
        {
            var why = size < device.Length ? "less: a store can grow, not shrink" : $"not a multiple of {IoRegion.SectorSize}";
            throw new UsageException($"{operand} has {device.Length} bytes, and --size {size} is {why}.");
        }
        if (await growing.GrowAsync(size).ConfigureAwait(false) is { IsSuccess: false } failed)
            throw new FailureException($"{operand} cannot grow to {size} bytes: {failed.Error.Describe()}.");
        await DeviceLoops.FlushAsync(device).ConfigureAwait(false);
    }
}
