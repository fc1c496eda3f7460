using Kcopyd.Actors;

namespace Kcopyd.Benchmarks;

/// <summary>Keeps jobs outstanding at a client until all are done: each callback submits the next. Any error fails the run.</summary>
internal sealed class EngineLoop(KcopydClient client, BenchmarkFiles files, Workload workload)
{
    private const int Depth = 32;

    private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly IoRegion[] _to = new IoRegion[workload.Destinations];
    private CopyNotify _notify = null!;
    private int _submitted;     // accessed only by callbacks, which run one at a time
    private int _completed;

    public Task RunAsync()
    {
        _notify = Completed;
        client.PrepareCallback((_, _, _) =>
        {
            for (var i = 0; i < Depth; i++)
                SubmitNext();
        }).Submit();
        return _done.Task;
    }

    private void Completed(bool readError, ulong writeErrors, object? context)
    {
        if (readError || writeErrors != 0)
            _done.TrySetException(new IOException($"read_err={readError} write_err=0x{writeErrors:x}"));
        SubmitNext();
        if (++_completed == workload.Jobs)
            _done.TrySetResult();
    }

    private void SubmitNext()
    {
        if (_submitted == workload.Jobs)
            return;
        var sector = workload.Offset(_submitted++, files.Bytes) / IoRegion.SectorSize;
        var count = workload.JobBytes / IoRegion.SectorSize;
        for (var i = 0; i < _to.Length; i++)
            _to[i] = files.Destinations[i].Region(sector, count);
        client.Copy(files.Source.Region(sector, count), _to, CopyFlags.None, _notify);
    }
}
