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
        (size.Required, size.Description) = (true, "Bytes that the file is to have; its space is reserved.");
        var command = new Command("grow", "Makes the file of a store larger.") { cow, size, serve, json };
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
                    throw new UsageException($"{operand} is no COW store.");
                await GrowAsync(operand, device, length).ConfigureAwait(false);
                status = StatusReport.Of(await StoreCommand.ReadAsync(operand, device, null, null, new Acceptance(Truncated: true, Origin: true, Unclean: true)).ConfigureAwait(false));
            }
            await console.Out.WriteLineAsync(parsed.GetValue(json) ? SnapshotJson.Of(status) : $"{operand.Name}: {ByteSize.Format(512.0 * status.TotalSectors)}\n{status.Text}").ConfigureAwait(false);
            return ExitCodes.Success;
        });
        return command;
    }

    /// <summary>Makes a file larger, and its bytes durable.</summary>
    /// <exception cref="UsageException">It is no file that is open for writing, or larger already.</exception>
    /// <exception cref="FailureException">It cannot grow.</exception>
    public static async Task GrowAsync(Operand operand, FileBlockDevice device, long size)
    {
        var growing = (IGrowingDevice)device;
        growing.Refresh();
        if (!growing.CanGrow)
            throw new UsageException($"{operand} is no file, and grows when what it is on is extended, which is seen while it is used.");
        if (size < device.Length || size % IoRegion.SectorSize != 0)
            throw new UsageException($"{operand} has {device.Length} bytes, and --size {size} is {(size < device.Length ? "less: a store can grow, not shrink" : $"no multiple of {IoRegion.SectorSize}")}.");
        if (await growing.GrowAsync(size).ConfigureAwait(false) is { IsSuccess: false } failed)
            throw new FailureException($"{operand} cannot grow to {size} bytes: {failed.Error.Describe()}.");
        await DeviceLoops.FlushAsync(device).ConfigureAwait(false);
    }
}
