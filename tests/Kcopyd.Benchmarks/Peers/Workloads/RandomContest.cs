using Kcopyd.Actors;

namespace Kcopyd.Benchmarks.Peers.Workloads;

/// <summary>Jobs of 4 KiB on the disk with direct I/O, a given number at once.</summary>
internal sealed class RandomContest(CopyFiles files, long pairs, IDisposable folder) : Contest(folder)
{
    public static Contest Create(Arena arena, int depth, CancellationToken cancellationToken)
    {
        var pairs = depth == 1 ? 6_000 : 50_000;
        var folder = arena.DiskFolder($"random-{depth}", arena.Options.Size * 2);
        var files = new CopyFiles(folder.Path, arena.Options.Size, destinations: 1, isDisk: true, cancellationToken);
        return new RandomContest(files, pairs, folder)
        {
            Name = $"random-{depth}",
            Title = $"4 KiB direct copies, depth {depth}, disk",
            Includes = $"{pairs:N0} copies of 4 KiB at scattered places between two files of {arena.Options.Size >> 20} MiB with O_DIRECT; no flush, "
                + "no start of a program. fio reads as many blocks of the one and writes as many of the other, half of the depth for each (at depth 1 one "
                + "after the other), by its own clock. C has a thread for each pair in flight. CPU is user and system.",
            Amount = pairs,
            IsPairs = true,
            Goals = depth == 32 ? [new(Rival.FastestTool, 0.9)] : [],
            Contenders =
            [
                LibraryPairs.Contender(arena, files, IoMode.Direct, depth, pairs),
                Fio.IoUring(files, depth, pairs),
                Fio.Threads(files, depth, pairs),
                FloorProgram.Pairs(arena, direct: true, depth, pairs, files),
            ],
        };
    }

    public override void Prepare(bool whole, CancellationToken cancellationToken) =>
        files.Prepare(PairSequence.Sample(pairs, files.Length, whole ? 4096 : 128), cancellationToken);

    public override string? Check(bool whole, CancellationToken cancellationToken) => files.AtJunk(files.Destinations[0]);
}
