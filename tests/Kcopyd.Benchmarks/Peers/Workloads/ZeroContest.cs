using Kcopyd.Actors;

namespace Kcopyd.Benchmarks.Peers.Workloads;

/// <summary>Overwrites a file of random bytes with zeroes, in place.</summary>
internal sealed class ZeroContest(string file, long length, bool isDisk, IDisposable folder) : Contest(folder)
{
    private int _junk;

    public static Contest Create(Arena arena, bool isDisk)
    {
        var length = arena.Options.Size;
        var name = isDisk ? "zero-disk" : "zero-tmpfs";
        var folder = isDisk ? arena.DiskFolder(name, length) : arena.TmpfsFolder(name, length);
        var file = Path.Combine(folder.Path, "zeroed");
        return new ZeroContest(file, length, isDisk, folder)
        {
            Name = name,
            Title = $"zeroing {length >> 20} MiB, {(isDisk ? "disk" : "tmpfs")}",
            Includes = $"The file is full of random bytes before each run{(isDisk ? ", flushed and out of the page cache; every contender flushes" : "")}. "
                + "Programs: from their start to their end. Library: opening, one job, closing. A tool that punches holes gives the space back, which is not "
                + "the work of this contest: it does not count.",
            Amount = length,
            Contenders =
            [
                Contender.Library(token =>
                    Library.ZeroAsync(arena.Client, file, isDisk ? IoMode.Direct : IoMode.Buffered, isDisk ? CopyFlags.Flush : CopyFlags.None, token)),
                Contender.Command(arena, ["zero", file, "--io", isDisk ? "direct" : "buffered", "--progress", "none"]),
                Contender.Floor(arena, ["zero", isDisk ? "direct" : "buffered", $"{length}", file]),
                Dd("256k", 256 << 10),
                Dd("1M", 1 << 20),
                Contender.Tool("dc3dd pat=00", ["dc3dd", "sync"], WithSync(["dc3dd", "pat=00", $"cnt={length / 512}", $"of={file}"])) with
                {
                    Note = isDisk ? "truncates first, through the page cache" : "truncates first",
                },
                Contender.Tool("fallocate --zero-range", ["fallocate", "sync"], WithSync(["fallocate", "--zero-range", "--length", $"{length}", file])),
                Contender.Tool("fallocate --punch-hole", ["fallocate", "sync"], WithSync(["fallocate", "--punch-hole", "--length", $"{length}", file])) with
                {
                    Counts = false,
                    Note = "gives the space back; does not count",
                },
            ],
        };

        Contender Dd(string name, int piece) => Contender.Tool($"dd bs={name}", ["dd"], new ToolCommand("dd",
        [
            "if=/dev/zero", $"of={file}", $"bs={piece}", $"count={length / piece}",
            .. isDisk ? (string[])["oflag=direct", "conv=notrunc,fsync"] : ["conv=notrunc"],
        ]));

        ToolCommand WithSync(string[] command) => isDisk ? ToolCommand.Synced(file, command) : new ToolCommand(command[0], command[1..]);
    }

    public override void Prepare(bool whole, CancellationToken cancellationToken)
    {
        Images.WriteRandom(file, length, ++_junk, cancellationToken);
        if (isDisk)
            PosixFile.DropCache(file);
    }

    public override string? Check(bool whole, CancellationToken cancellationToken) => Images.NotZero(file, length, cancellationToken);
}
