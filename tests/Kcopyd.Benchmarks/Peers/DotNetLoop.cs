using System.Buffers;
using Microsoft.Win32.SafeHandles;

namespace Kcopyd.Benchmarks.Peers;

/// <summary>A plain .NET loop without an engine: <c>Parallel.ForEachAsync</c> over <c>RandomAccess</c>, in this process.</summary>
internal static class DotNetLoop
{
    private const int PieceBytes = 256 << 10;

    /// <summary>Copies a file in pieces of 256 KiB, one for each processor at a time.</summary>
    public static Contender Copy(CopyFiles files) => new("Parallel.ForEachAsync, RandomAccess", ContenderKind.Loop, token => Effort.OfAsync(async () =>
    {
        using var from = File.OpenHandle(files.Source);
        SafeFileHandle[] to = [.. files.Destinations.Select(path => File.OpenHandle(path, FileMode.Open, FileAccess.Write))];
        var options = new ParallelOptions { CancellationToken = token, MaxDegreeOfParallelism = Environment.ProcessorCount };
        await Parallel.ForAsync(0L, (files.Length + PieceBytes - 1) / PieceBytes, options, (piece, cancelled) =>
            PieceAsync(from, to, piece * PieceBytes, (int)Math.Min(PieceBytes, files.Length - (piece * PieceBytes)), cancelled));
        foreach (var handle in to)
            handle.Dispose();
    }));

    /// <summary>Copies 4 KiB pairs, <paramref name="depth"/> at a time.</summary>
    public static Contender Pairs(CopyFiles files, int depth, long pairs) => new("Parallel.ForEachAsync, RandomAccess", ContenderKind.Loop, async token =>
    {
        using var from = File.OpenHandle(files.Source);
        using var to = OpenDestination(files);
        var options = new ParallelOptions { CancellationToken = token, MaxDegreeOfParallelism = depth };
        return await Effort.OfAsync(() => Parallel.ForEachAsync(Offsets(pairs, files.Length), options, (offset, cancelled) =>
            PieceAsync(from, [to], offset, PairSequence.PairBytes, cancelled)));
    });

    /// <summary>Copies 4 KiB pairs with blocking calls: at most one for each processor at a time, because each holds a thread.</summary>
    public static Contender BlockingPairs(CopyFiles files, int depth, long pairs) => new(
        "Parallel.For, blocking RandomAccess", ContenderKind.Loop, async token =>
    {
        using var from = File.OpenHandle(files.Source);
        using var to = OpenDestination(files);
        var options = new ParallelOptions { CancellationToken = token, MaxDegreeOfParallelism = Math.Min(depth, Environment.ProcessorCount) };
        return await Effort.OfAsync(() => Task.Run(() => Parallel.For(0, pairs, options, () => new byte[PairSequence.PairBytes], (pair, _, buffer) =>
        {
            var offset = PairSequence.Offset(pair, files.Length);
            RandomAccess.Read(from, buffer, offset);
            RandomAccess.Write(to, buffer, offset);
            return buffer;
        }, _ => { })));
    }) { Counts = false, Note = "holds a thread for each; does not count" };

    private static SafeFileHandle OpenDestination(CopyFiles files) => File.OpenHandle(files.Destinations[0], FileMode.Open, FileAccess.Write);

    private static IEnumerable<long> Offsets(long pairs, long fileBytes)
    {
        for (var pair = 0L; pair < pairs; pair++)
            yield return PairSequence.Offset(pair, fileBytes);
    }

    private static async ValueTask PieceAsync(SafeFileHandle from, SafeFileHandle[] to, long offset, int bytes, CancellationToken cancellationToken)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(bytes);
        await RandomAccess.ReadAsync(from, buffer.AsMemory(0, bytes), offset, cancellationToken);
        foreach (var handle in to)
            await RandomAccess.WriteAsync(handle, buffer.AsMemory(0, bytes), offset, cancellationToken);
        ArrayPool<byte>.Shared.Return(buffer);
    }
}
