using Kcopyd.Actors;

namespace Kcopyd.Benchmarks.Peers.Workloads;

/// <summary>A copy of one file to n destinations, on the disk, with direct I/O at both ends.</summary>
internal sealed class DirectContest(CopyFiles files, IDisposable folder) : Contest(folder)
{
    private const string NotDirect = "not direct: the page cache with readahead, then dropped; does not count";

    public static Contest Create(Arena arena, int destinations, CancellationToken cancellationToken)
    {
        var length = arena.Options.Size;
        var folder = arena.DiskFolder($"direct-{destinations}", length * (destinations + 1));
        var files = new CopyFiles(folder.Path, length, destinations, isDisk: true, cancellationToken);
        return new DirectContest(files, folder)
        {
            Name = $"direct-{destinations}",
            Title = $"1→{destinations}, {length >> 20} MiB, disk, O_DIRECT",
            Includes = "Every contender flushes its destinations, which exist and are written; nothing is in the page cache before. "
                + "Only a contender that uses direct I/O at both ends can be the fastest. Programs: from their start to their end. "
                + "Library: opening the files, one job, closing them. The rate is that of the source.",
            Amount = length,
            Goals = [new(Rival.FastestTool, 0.95)],
            Contenders =
            [
                Contender.Library(token =>
                    Library.CopyAsync(arena.Client, files.Source, files.Destinations, IoMode.Direct, CopyFlags.Flush, create: false, token)),
                Contender.Command(arena, ["copy", files.Source, .. files.Destinations, "--io", "direct", "--progress", "none"]),
                Contender.Floor(arena, ["copy", "direct", files.Source, .. files.Destinations]),
                .. destinations == 1 ? ToOne(files.Source, files.Destinations[0]) : ToMany(files.Source, files.Destinations),
            ],
        };
    }

    public override void Prepare(bool whole, CancellationToken cancellationToken) => files.Prepare(files.Places(whole), cancellationToken);

    public override string? Check(bool whole, CancellationToken cancellationToken) => files.Check(whole, cancellationToken);

    private static ToolCommand Dd(string source, string destination, string piece) =>
        new("dd", $"if={source}", $"of={destination}", $"bs={piece}", "iflag=direct", "oflag=direct", "conv=notrunc,fsync");

    private static IEnumerable<Contender> ToOne(string source, string destination) =>
    [
        Contender.Tool("qemu-img convert", ["qemu-img"], Qemu.Convert(source, destination, outOfOrder: false, direct: true)),
        Contender.Tool("qemu-img convert -W -m 8", ["qemu-img"], Qemu.Convert(source, destination, outOfOrder: true, direct: true)),
        Contender.Tool("dd bs=256k", ["dd"], Dd(source, destination, "256k")),
        Contender.Tool("dd bs=1M", ["dd"], Dd(source, destination, "1M")),
        Contender.Tool("nbdcopy, nbdkit file cache=none", ["nbdcopy", "nbdkit"],
            new ToolCommand("nbdcopy", ["--flush", "--", .. Nbdkit(source), .. Nbdkit(destination)])) with { Counts = false, Note = NotDirect },
    ];

    private static IEnumerable<Contender> ToMany(string source, IReadOnlyList<string> destinations)
    {
        var n = destinations.Count;
        return
        [
            Contender.Tool($"{n} × qemu-img convert -W -m 8", ["qemu-img"],
                [.. destinations.Select(to => Qemu.Convert(source, to, outOfOrder: true, direct: true))]) with { Note = $"reads {n} times" },
            Contender.Tool("qemu-img convert -W -m 8 onto quorum", ["qemu-img"], Qemu.Quorum(source, destinations, direct: true)),
            Contender.Tool($"{n} × dd bs=1M", ["dd"], [.. destinations.Select(to => Dd(source, to, "1M"))]) with { Note = $"reads {n} times" },
        ];
    }

    private static string[] Nbdkit(string file) => ["[", "nbdkit", "--exit-with-parent", "file", file, "cache=none", "]"];
}
