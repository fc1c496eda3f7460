using System.CommandLine;
using Kcopyd.Benchmarks.Peers;

namespace Kcopyd.Benchmarks.Snapshots;

/// <summary><c>snapshot</c>: what the whole-chunk shortcut saves, our snapshots beside other copy-on-write devices, and the memory of exceptions.</summary>
internal static class SnapshotCommand
{
    private const long MaxExceptions = 1 << 28;

    public static Command Create()
    {
        var parts = new Option<string[]>("--parts")
        {
            Description = $"The parts to run, separated by commas: {string.Join(", ", SnapshotRun.Parts)}. The default is all.",
            HelpName = "LIST",
            DefaultValueFactory = _ => [],
        };
        var size = new Option<long>("--size")
        {
            Description = "The size of the origins.",
            HelpName = "BYTES",
            CustomParser = Sizes.Parse,
            DefaultValueFactory = _ => 256 << 20,
        };
        var exceptions = new Option<long>("--exceptions")
        {
            Description = "The number of exceptions of the store to open.",
            HelpName = "N",
            DefaultValueFactory = _ => 10_000_000,
        };
        exceptions.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<long>() is < 1 or > MaxExceptions)
                result.AddError($"--exceptions {result.GetValueOrDefault<long>()}: must be from 1 to {MaxExceptions}.");
        });
        var rounds = PeersCommand.Rounds();
        var tmpfs = PeersCommand.Folder("--tmpfs", "A folder in memory.", "/dev/shm");
        var disk = PeersCommand.Folder("--disk", "A folder on a disk that can do direct I/O.", "/var/tmp");
        var json = new Option<string?>("--json") { Description = "Write every round to this file.", HelpName = "FILE" };
        var docs = new Option<string?>("--docs") { Description = "Put the tables into this Markdown page, between its two comments.", HelpName = "FILE" };
        var install = new Option<bool>("--install") { Description = "First install the peers' Debian packages (root)." };
        var command = new Command("snapshot",
            "Writes to new snapshots, with and without reading the origin; compared with nbdkit and qemu; the memory of exceptions.")
        {
            parts, rounds, size, exceptions, tmpfs, disk, json, docs, install,
        };
        command.SetAction(async (parsed, cancellationToken) => await PeersCommand.RunAsync(async () =>
        {
            var names = PeersCommand.Names(parsed.GetRequiredValue(parts));
            if (names.FirstOrDefault(name => !SnapshotRun.Parts.Contains(name)) is { } unknown)
                throw new PeersException($"--parts {unknown}: no such part; the parts are {string.Join(", ", SnapshotRun.Parts)}");
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
