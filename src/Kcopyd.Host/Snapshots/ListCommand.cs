using System.CommandLine;
using System.Globalization;
using Kcopyd.Actors.Snapshots;

namespace Kcopyd.Host.Snapshots;

/// <summary><c>kcopyd snapshot list COW</c></summary>
internal static class ListCommand
{
    public static Command Create(CommandConsole console)
    {
        var cow = SnapshotArguments.Cow();
        var (acceptTruncated, json) = (SnapshotArguments.AcceptTruncated(), SnapshotArguments.Json());
        var command = new Command("list", "Prints a store's header, its metadata areas, and every exception: the chunk of the origin, and where it is in the store. Locks nothing.") { cow, acceptTruncated, json };
        command.SetAction(async (parsed, _) =>
        {
            var contents = await StoreCommand.ReadAsync(parsed.GetRequiredValue(cow), null, parsed.GetValue(acceptTruncated)).ConfigureAwait(false);
            if (parsed.GetValue(json))
                await console.Out.WriteLineAsync(SnapshotJson.Of(ListReport.Of(contents))).ConfigureAwait(false);
            else
                await WriteTextAsync(contents, console.Out).ConfigureAwait(false);
            return await StatusCommand.ExitAsync(contents.Status, console).ConfigureAwait(false);
        });
        return command;
    }

    private static async Task WriteTextAsync(SnapshotStoreContents contents, TextWriter output)
    {
        var status = contents.Status;
        await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture,
            $"header     version {contents.Version}, {(status.State == SnapshotState.Invalid ? "invalid" : "valid")}, chunks of {status.ChunkSize / 512} sectors ({ByteSize.Format(status.ChunkSize)})")).ConfigureAwait(false);
        for (var i = 0; i < contents.Areas.Count; i++)
        {
            await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture,
                $"area       {i} in chunk {contents.Areas[i].Chunk}: {contents.Areas[i].Records} of {status.ChunkSize / 16} records")).ConfigureAwait(false);
        }
        foreach (var (old, place) in contents.Exceptions)
            await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"exception  {old} {place}")).ConfigureAwait(false);
    }
}
