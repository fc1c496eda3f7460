using System.CommandLine;
using Kcopyd.Benchmarks.Peers;
using Kcopyd.Benchmarks.Snapshots;

namespace Kcopyd.Benchmarks.Nbd;

/// <summary><c>nbd</c>: compares our server with others, and runs real programs on what it serves.</summary>
internal static class NbdCommand
{
    public static Command Create()
    {
        var parts = new Option<string[]>("--parts")
        {
            Description = $"The parts to run, separated by commas: {string.Join(", ", NbdRun.Parts)}. The default is all.",
            HelpName = "LIST",
            DefaultValueFactory = _ => [],
        };
        var size = new Option<long>("--size")
        {
            Description = "The size of devices and origins.",
            HelpName = "BYTES",
            CustomParser = Sizes.Parse,
            DefaultValueFactory = _ => 256 << 20,
        };
        var rounds = PeersCommand.Rounds();
        var tmpfs = PeersCommand.Folder("--tmpfs", "A folder in memory.", "/dev/shm");
        var disk = PeersCommand.Folder("--disk", "A folder on a disk that can do direct I/O.", "/var/tmp");
        var docs = new Option<string?>("--docs") { Description = "Put the tables into this Markdown page, between its two comments.", HelpName = "FILE" };
        var install = new Option<bool>("--install") { Description = "First install the peers' Debian packages (root)." };
        var command = new Command("nbd",
            "Our server beside nbdkit and qemu-nbd, with fio; a snapshot; dd and mkfs through nbdfuse; a quiet client beside greedy clients.")
        {
            parts, rounds, size, tmpfs, disk, docs, install,
        };
        command.SetAction(async (parsed, cancellationToken) => await PeersCommand.RunAsync(async () =>
        {
            var names = PeersCommand.Names(parsed.GetRequiredValue(parts));
            if (names.FirstOrDefault(name => !NbdRun.Parts.Contains(name)) is { } unknown)
                throw new PeersException($"--parts {unknown}: no such part; the parts are {string.Join(", ", NbdRun.Parts)}");
            if (parsed.GetValue(install))
                await Toolbox.InstallAsync(Console.Error, cancellationToken);
            return await NbdRun.RunAsync(new SnapshotBenchOptions
            {
                Parts = names,
                Rounds = parsed.GetValue(rounds),
                Size = parsed.GetValue(size),
                Tmpfs = Path.GetFullPath(parsed.GetRequiredValue(tmpfs)),
                Disk = Path.GetFullPath(parsed.GetRequiredValue(disk)),
                Docs = parsed.GetValue(docs),
            });
        }));
        return command;
    }
}
