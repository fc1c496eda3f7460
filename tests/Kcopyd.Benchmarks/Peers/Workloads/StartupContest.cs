namespace Kcopyd.Benchmarks.Peers.Workloads;

/// <summary>The time that a command takes before it does any work: a copy of 1 MiB on tmpfs, or nothing at all.</summary>
internal sealed class StartupContest(CopyFiles files, IDisposable folder) : Contest(folder)
{
    private const long Bytes = 1 << 20;

    public static IReadOnlyList<NamedWorkload> Workloads { get; } =
    [
        new("startup-copy", "a copy of 1 MiB", async (arena, token) => CreateCopy(arena, await BuildAsync(arena, token), token)),
        new("startup-nothing", "a program that does nothing", async (arena, token) => CreateNothing(arena, await BuildAsync(arena, token), token)),
    ];

    public override void Prepare(bool whole, CancellationToken cancellationToken) => files.Prepare(files.Places(whole), cancellationToken);

    public override string? Check(bool whole, CancellationToken cancellationToken) => files.Check(whole, cancellationToken);

    private static StartupContest CreateCopy(Arena arena, string built, CancellationToken cancellationToken)
    {
        var (files, folder) = Files(arena, "startup-copy", cancellationToken);
        var (source, destination) = (files.Source, files.Destinations[0]);
        return new StartupContest(files, folder)
        {
            Name = "startup-copy",
            Title = "a copy of 1 MiB, tmpfs",
            Includes = "From the start of the program to its end. Published is a native program, built is compiled while it runs.",
            Amount = Bytes,
            Contenders =
            [
                .. Ours(arena, built, "copy", source, destination, "--progress", "none"),
                Contender.Tool("cp", ["cp"], new ToolCommand("cp", source, destination)),
                Contender.Tool("dd bs=256k", ["dd"], new ToolCommand("dd", $"if={source}", $"of={destination}", "bs=256k", "conv=notrunc")),
                Contender.Tool("qemu-img convert", ["qemu-img"], Qemu.Convert(source, destination, outOfOrder: false)),
            ],
        };
    }

    private static StartupContest CreateNothing(Arena arena, string built, CancellationToken cancellationToken)
    {
        var (files, folder) = Files(arena, "startup-nothing", cancellationToken);
        return new StartupContest(files, folder)
        {
            Name = "startup-nothing",
            Title = "a program that does nothing",
            Includes = "From the start of the program to its end; each says its version and copies nothing.",
            Amount = 0,
            Contenders =
            [
                .. Ours(arena, built, "--version").Select(contender => contender with { Copies = false }),
                Contender.Tool("true", ["true"], new ToolCommand("true")) with { Copies = false },
                Contender.Tool("cp --version", ["cp"], new ToolCommand("cp", "--version")) with { Copies = false },
                Contender.Tool("qemu-img --version", ["qemu-img"], new ToolCommand("qemu-img", "--version")) with { Copies = false },
            ],
        };
    }

    private static IEnumerable<Contender> Ours(Arena arena, string built, params IReadOnlyList<string> arguments) =>
    [
        Contender.Command(arena, arguments) with { Name = "kcopyd, published" },
        Contender.Command(arena, arguments) with
        {
            Name = "kcopyd, built",
            RunAsync = token => ToolRun.TimeAsync([new ToolCommand(built, arguments)], token),
            Counts = false,
        },
    ];

    private static Task<string> BuildAsync(Arena arena, CancellationToken cancellationToken) =>
        PublishedCommand.BuildAsync(Path.Combine(arena.Tools, "built"), cancellationToken);

    private static (CopyFiles Files, ScratchFolder Folder) Files(Arena arena, string name, CancellationToken cancellationToken)
    {
        var folder = arena.TmpfsFolder(name, Bytes * 2);
        return (new CopyFiles(folder.Path, Bytes, destinations: 1, isDisk: false, cancellationToken), folder);
    }
}
