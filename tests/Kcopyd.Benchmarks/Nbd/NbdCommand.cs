using System.CommandLine;
using Kcopyd.Benchmarks.Peers;
using Kcopyd.Benchmarks.Snapshots;

namespace Kcopyd.Benchmarks.Nbd;

/// <summary><c>nbd</c>: our server beside others, and real programs on what it serves.</summary>
internal static class NbdCommand
{
    public static Command Create()
    {
        var parts = new Option<string[]>("--parts") { Description = $"Which, by comma: {string.Join(", ", NbdRun.Parts)}. All without it.", HelpName = "LIST", DefaultValueFactory = _ => [] };
        var size = new Option<long>("--size") { Description = "Size of devices and origins.", HelpName = "BYTES", CustomParser = Sizes.Parse, DefaultValueFactory = _ => 256 << 20 };
        var rounds = PeersCommand.Rounds();
        var tmpfs = PeersCommand.Folder("--tmpfs", "A folder in memory.", "/dev/shm");
        var disk = PeersCommand.Folder("--disk", "A folder on a disk that can do direct I/O.", "/var/tmp");
        var docs = new Option<string?>("--docs") { Description = "Put the tables into this Markdown page, between its two comments.", HelpName = "FILE" };
        var install = new Option<bool>("--install") { Description = "First install the peers' Debian packages (root)." };
        var command = new Command("nbd", "fio on what we serve, beside nbdkit and qemu-nbd; a snapshot; dd and mkfs through nbdfuse; a quiet client beside greedy ones.")
        {
            parts, rounds, size, tmpfs, disk, docs, install,
        };
        command.SetAction(async (parsed, cancellationToken) => await PeersCommand.RunAsync(async () =>
        {
            var names = parsed.GetRequiredValue(parts).SelectMany(each => each.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)).ToArray();
            if (names.FirstOrDefault(name => !NbdRun.Parts.Contains(name)) is { } unknown)
                throw new PeersException($"--parts {unknown}: no such part; there are {string.Join(", ", NbdRun.Parts)}");
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
