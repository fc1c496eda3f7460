using System.CommandLine;
using Kcopyd.Actors;
using Kcopyd.Host.Transfers;

namespace Kcopyd.Host.Snapshots;

/// <summary><c>kcopyd snapshot export ORIGIN COW OUT</c></summary>
internal static class ExportCommand
{
    public static Command Create(CommandConsole console)
    {
        var (origin, cow, acceptance) = (SnapshotArguments.Origin(), SnapshotArguments.Cow(), new AcceptanceOptions());
        var output = new Argument<string>("OUT")
        {
            Description = "The destination: PATH[@START]. A file is created or grown as needed; a block device must be large enough.",
        };
        var transfer = new TransferOptionSet();
        var command = new Command("export", "Copies the whole snapshot, as 'kcopyd copy' does. Zeroes become holes, unless --offload says otherwise.")
        {
            origin, cow, output,
        };
        acceptance.AddTo(command);
        transfer.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var options = transfer.Read(parsed);
            options = options with { Offload = options.Offload ?? OffloadKinds.Default | OffloadKinds.DetectZeroes };
            var files = await SnapshotFiles.LockAsync(parsed.GetRequiredValue(origin), false, [parsed.GetRequiredValue(cow)], false, console)
                .ConfigureAwait(false);
            await using var filesLease = files.ConfigureAwait(false);
            var remotes = new RemoteDevices(options.LogLevel, cancellationToken);
            await using var remotesLease = remotes.ConfigureAwait(false);
            // The bytes of the snapshot are in two files, neither of which may be the destination.
            var source = new Survey(files.All[1].Operand, OperandKind.Disk, files.Origin.Length, default);
            var plan = await TransferPlan.MakeAsync(source, [Operand.Parse("OUT", parsed.GetRequiredValue(output))], options, remotes).ConfigureAwait(false);
            files.CheckApart(plan.Destinations[0]);

            var opened = await OpenSnapshots.OpenAsync(files, acceptance.Read(parsed).Open, SnapshotUse.Snapshots, options.LogLevel).ConfigureAwait(false);
            await using var openedLease = opened.ConfigureAwait(false);
            return await TransferCommand.RunAsync(plan, opened.First, opened.Engine, options, console, cancellationToken).ConfigureAwait(false);
        });
        return command;
    }
}
