using System.CommandLine;
using Kcopyd.Benchmarks.Peers;

namespace Kcopyd.Benchmarks.Snapshots;

/// <summary><c>snapshot</c>: what the whole-chunk shortcut saves, we beside other copy-on-write devices, and what exceptions cost in memory.</summary>
internal static class SnapshotCommand
{
    private const long MostExceptions = 1 << 28;

    public static Command Create()
    {
        var parts = new Option<string[]>("--parts") { Description = $"Which, by comma: {string.Join(", ", SnapshotRun.Parts)}. All without it.", HelpName = "LIST", DefaultValueFactory = _ => [] };
        var size = new Option<long>("--size") { Description = "Size of the origins.", HelpName = "BYTES", CustomParser = Sizes.Parse, DefaultValueFactory = _ => 256 << 20 };
        var exceptions = new Option<long>("--exceptions") { Description = "Exceptions of the store that is opened.", HelpName = "N", DefaultValueFactory = _ => 10_000_000 };
        exceptions.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<long>() is < 1 or > MostExceptions)
                result.AddError($"--exceptions {result.GetValueOrDefault<long>()}: 1 to {MostExceptions}.");
        });
        var rounds = PeersCommand.Rounds();
        var tmpfs = PeersCommand.Folder("--tmpfs", "A folder in memory.", "/dev/shm");
        var disk = PeersCommand.Folder("--disk", "A folder on a disk that can do direct I/O.", "/var/tmp");
        var json = new Option<string?>("--json") { Description = "Write every round there.", HelpName = "FILE" };
        var docs = new Option<string?>("--docs") { Description = "Put the tables into this Markdown page, between its two comments.", HelpName = "FILE" };
        var install = new Option<bool>("--install") { Description = "First install the peers' Debian packages (root)." };
        var command = new Command("snapshot", "Writes to fresh snapshots, with and without reading the origin; beside nbdkit and qemu; memory of the exceptions.")
        {
            parts, rounds, size, exceptions, tmpfs, disk, json, docs, install,
        };
        command.SetAction(async (parsed, cancellationToken) => await PeersCommand.RunAsync(async () =>
        {
            var names = parsed.GetRequiredValue(parts).SelectMany(each => each.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)).ToArray();
            if (names.FirstOrDefault(name => !SnapshotRun.Parts.Contains(name)) is { } unknown)
                throw new PeersException($"--parts {unknown}: no such part; there are {string.Join(", ", SnapshotRun.Parts)}");
            if (parsed.GetValue(install))
                await Toolbox.InstallAsync(Console.Error, cancellationToken);
            return await SnapshotRun.RunAsync(new SnapshotBenchOptions
            {
                Parts = names,
                Rounds = parsed.GetValue(rounds),
                Size = parsed.GetValue(size),
                Exceptions = parsed.GetValue(exceptions),
                Tmpfs = Path.GetFullPath(parsed.GetRequiredValue(tmpfs)),
                Disk = Path.GetFullPath(parsed.GetRequiredValue(disk)),
                Json = parsed.GetValue(json),
                Docs = parsed.GetValue(docs),
            });
        }));
        return command;
    }
}
