using Kcopyd.Actors;

namespace Kcopyd.Benchmarks.Peers.Workloads;

/// <summary>Jobs of 4 KiB from and to the page cache, a given number at once.</summary>
internal sealed class JobsContest(CopyFiles files, long pairs, IDisposable folder) : Contest(folder)
{
    private const long MaxBytes = 256 << 20;

    public static Contest Create(Arena arena, int depth, CancellationToken cancellationToken)
    {
        var length = Math.Min(arena.Options.Size, MaxBytes);
        var pairs = depth == 1 ? 100_000 : 200_000;
        var folder = arena.TmpfsFolder($"jobs-{depth}", length * 2);
        var files = new CopyFiles(folder.Path, length, destinations: 1, isDisk: false, cancellationToken);
        return new JobsContest(files, pairs, folder)
        {
            Name = $"jobs-{depth}",
            Title = $"4 KiB jobs, depth {depth}, page cache",
            Includes = $"{pairs:N0} copies of 4 KiB at scattered places between two files on tmpfs. The files are already open, and no start of a program "
                + "is included. The depth is that of jobs, and of the loop's parallelism; C has a thread for each processor, but not more than the depth.",
            Amount = pairs,
            IsPairs = true,
            Goals = [new(Rival.Floor, 0.7), new(Rival.FastestLoop, 1.0)],
            Contenders =
            [
                LibraryPairs.Contender(arena, files, IoMode.Buffered, depth, pairs),
                FloorProgram.Pairs(arena, direct: false, Math.Min(2, depth), pairs, files),
                DotNetLoop.Pairs(files, depth, pairs),
                DotNetLoop.BlockingPairs(files, depth, pairs),
            ],
        };
    }

    public override void Prepare(bool whole, CancellationToken cancellationToken) =>
        files.Prepare(PairSequence.Sample(pairs, files.Length, whole ? pairs : 512), cancellationToken);

    public override string? Check(bool whole, CancellationToken cancellationToken) => files.AtJunk(files.Destinations[0]);
}
