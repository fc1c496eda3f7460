using Kcopyd.Actors;

namespace Kcopyd.Benchmarks.Peers.Workloads;

/// <summary>A copy of one file to n destinations, in memory.</summary>
internal sealed class CopyContest(CopyFiles files, IDisposable folder) : Contest(folder)
{
    public static Contest Create(Arena arena, int destinations, CancellationToken cancellationToken)
    {
        var length = arena.Options.Size;
        var folder = arena.TmpfsFolder($"copy-{destinations}", length * (destinations + 1));
        var files = new CopyFiles(folder.Path, length, destinations, isDisk: false, cancellationToken);
        return new CopyContest(files, folder)
        {
            Name = $"copy-{destinations}",
            Title = $"1→{destinations}, {length >> 20} MiB, tmpfs",
            Includes = "Programs: from their start to their end. Library: a client that runs; opening the files, one job, closing them. "
                + "Destinations exist and have their pages, unless the note says that a tool truncates them. The rate is that of the source.",
            Amount = length,
            Goals = destinations == 1 ? [new(Rival.FastestTool, 1.0), new(Rival.Floor, 0.9)] : [new(Rival.FastestTool, 1.2), new(Rival.Floor, 0.85)],
            Contenders =
            [
                Contender.Library(token =>
                    Library.CopyAsync(arena.Client, files.Source, files.Destinations, IoMode.Buffered, CopyFlags.None, create: false, token)),
                Contender.Command(arena, ["copy", files.Source, .. files.Destinations, "--io", "buffered", "--progress", "none"]) with
                {
                    Note = "flushes, too",
                },
                Contender.Floor(arena, ["copy", "buffered", files.Source, .. files.Destinations]),
                .. destinations == 1 ? ToOne(files.Source, files.Destinations[0]) : ToMany(files.Source, files.Destinations),
                DotNetLoop.Copy(files),
            ],
        };
    }

    public override void Prepare(bool whole, CancellationToken cancellationToken) => files.Prepare(files.Places(whole), cancellationToken);

    public override string? Check(bool whole, CancellationToken cancellationToken) => files.Check(whole, cancellationToken);

    private static IEnumerable<Contender> ToOne(string source, string destination) =>
    [
        Contender.Tool("qemu-img convert", ["qemu-img"], Qemu.Convert(source, destination, outOfOrder: false)),
        Contender.Tool("qemu-img convert -W -m 8", ["qemu-img"], Qemu.Convert(source, destination, outOfOrder: true)),
        Contender.Tool("nbdcopy", ["nbdcopy"], new ToolCommand("nbdcopy", source, destination)) with { Note = Truncates },
        Contender.Tool("cp", ["cp"], new ToolCommand("cp", source, destination)) with { Note = Truncates },
        Contender.Tool("dd bs=256k", ["dd"], new ToolCommand("dd", $"if={source}", $"of={destination}", "bs=256k", "conv=notrunc")),
        Contender.Tool("dd bs=1M", ["dd"], new ToolCommand("dd", $"if={source}", $"of={destination}", "bs=1M", "conv=notrunc")),
        Contender.Tool("dc3dd", ["dc3dd"], new ToolCommand("dc3dd", $"if={source}", $"of={destination}")) with { Note = Truncates },
    ];

    private static IEnumerable<Contender> ToMany(string source, IReadOnlyList<string> destinations)
    {
        ToolCommand[] Each(Func<string, ToolCommand> command) => [.. destinations.Select(command)];
        var n = destinations.Count;
        return
        [
            Convert($"{n} × qemu-img convert", outOfOrder: false),
            Convert($"{n} × qemu-img convert -W -m 8", outOfOrder: true),
            Contender.Tool("qemu-img convert -W -m 8 onto quorum", ["qemu-img"], Qemu.Quorum(source, destinations)),
            Tee("cat, tee", "cat", "cat \"$s\""),
            Tee("dd bs=256k, tee", "dd", "dd if=\"$s\" bs=256k"),
            Contender.Tool("dc3dd", ["dc3dd"], new ToolCommand("dc3dd", [$"if={source}", .. destinations.Select(to => $"of={to}")])) with { Note = Truncates },
        ];

        Contender Convert(string name, bool outOfOrder) =>
            Contender.Tool(name, ["qemu-img"], Each(to => Qemu.Convert(source, to, outOfOrder))) with { Note = $"reads {n} times" };

        Contender Tee(string name, string reader, string read) =>
            Contender.Tool(name, ["bash", reader, "tee"],
                ToolCommand.Shell($"s=$1 last=$2; shift 2; {read} | tee \"$@\" >\"$last\"", [source, .. destinations])) with { Note = Truncates };
    }

    private const string Truncates = "truncates first";
}
