using Kcopyd.Actors;

namespace Kcopyd.Benchmarks.Peers.Workloads;

/// <summary>A copy on a file system that can share extents: XFS on a loop device.</summary>
internal sealed class ReflinkContest(string source, string destination, IDisposable mount) : Contest(mount)
{
    public static async Task<Contest> CreateAsync(Arena arena, CancellationToken cancellationToken)
    {
        var length = arena.Options.Size;
        var mount = await XfsMount.CreateAsync(arena, (length * 2) + (512 << 20), cancellationToken);
        string source = Path.Combine(mount.Path, "source"), destination = Path.Combine(mount.Path, "destination");
        Images.WriteRandom(source, length, seed: 1, cancellationToken);
        await ToolRun.OutputAsync(new ToolCommand("sync", source), cancellationToken);
        return new ReflinkContest(source, destination, mount)
        {
            Name = "reflink",
            Title = $"{length >> 20} MiB on XFS that can share extents",
            Includes = "The destination does not exist before; only our command flushes, as it always does. Programs: from their start to their end. "
                + "Library: opening, one job, closing. The last column says how much of the copy is shared.",
            Amount = length,
            Goals = [new(Rival.FastestTool, 1.0)],
            Contenders =
            [
                Contender.Library(token => Library.CopyAsync(arena.Client, source, [destination], IoMode.Buffered, CopyFlags.None, create: true, token)),
                Contender.Command(arena, ["copy", source, destination, "--io", "buffered", "--progress", "none"]) with { Note = "flushes, too" },
                Contender.Tool("cp --reflink=always", ["cp"], new ToolCommand("cp", "--reflink=always", source, destination)),
                Contender.Tool("cp --reflink=always, sync", ["bash", "cp", "sync"],
                    ToolCommand.Synced(destination, "cp", "--reflink=always", source, destination)) with { Note = "flushes, too" },
                Contender.Tool("xfs_io reflink", ["xfs_io"], new ToolCommand("xfs_io", "-f", "-c", $"reflink {source}", destination)),
                Contender.Tool("qemu-img convert -C", ["qemu-img"],
                    new ToolCommand("qemu-img", "convert", "-C", "-f", "raw", "-O", "raw", source, destination)),
                Contender.Tool("cp --reflink=never", ["cp"], new ToolCommand("cp", "--reflink=never", source, destination)) with { Note = "moves the bytes" },
            ],
        };
    }

    public override void Prepare(bool whole, CancellationToken cancellationToken) => File.Delete(destination);

    public override string? Check(bool whole, CancellationToken cancellationToken) => Images.Difference(source, destination, cancellationToken);

    public override string? Remark()
    {
        using var copy = File.OpenHandle(destination);
        return $"shares {PosixFile.SharedBytes(copy) >> 20} MiB";
    }
}
