namespace Kcopyd.Benchmarks;

/// <summary>A plain loop without an engine: two threads, of which each reads a piece of at most 256 KiB and writes it to every destination.</summary>
internal static class PlainLoop
{
    private const int Threads = 2;
    private const int MaxPerPiece = 256 << 10;

    public static Task RunAsync(BenchmarkFiles files, Workload workload)
    {
        var piece = Math.Min(workload.JobBytes, MaxPerPiece);
        var piecesPerJob = workload.JobBytes / piece;
        var pieces = workload.Jobs * piecesPerJob;
        var next = -1;
        return Task.WhenAll(Enumerable.Range(0, Threads).Select(_ => Task.Factory.StartNew(() =>
        {
            var buffer = GC.AllocateUninitializedArray<byte>(piece, pinned: true);
            for (var i = Interlocked.Increment(ref next); i < pieces; i = Interlocked.Increment(ref next))
            {
                var offset = workload.Offset(i / piecesPerJob, files.Bytes) + (long)(i % piecesPerJob) * piece;
                if (RandomAccess.Read(files.SourceHandle, buffer, offset) != piece)
                    throw new IOException("Short read.");
                for (var d = 0; d < workload.Destinations; d++)
                    RandomAccess.Write(files.DestinationHandles[d], buffer, offset);
            }
        }, TaskCreationOptions.LongRunning)));
    }
}
