using Kcopyd.Actors;

namespace Kcopyd.Host.Transfers;

/// <summary>
/// The latest progress that the client reported. A view polls it, so that a slow terminal never blocks the client.
/// </summary>
internal sealed class LatestProgress(int destinations) : IProgress<JobProgress>
{
    private readonly Lock _lock = new();
    private readonly long[] _finished = new long[destinations];     // bytes of completed jobs
    private readonly IoFault?[] _faults = new IoFault?[destinations];
    private readonly Dictionary<long, JobProgress?> _running = [];
    private JobState _state;

    /// <summary>Records that a job was submitted.</summary>
    public void Started(long job)
    {
        lock (_lock)
            _running[job] = null;
    }

    public void Report(JobProgress value)
    {
        lock (_lock)
        {
            if (!_running.ContainsKey(value.JobId))
                return;     // the job has already completed
            _running[value.JobId] = value;
            _state = value.State;
            for (var i = 0; i < destinations; i++)
                _faults[i] ??= value.Destinations[i].Fault;
        }
    }

    /// <summary>Records that a job completed.</summary>
    public void Finished(CopyResult result)
    {
        lock (_lock)
        {
            _running.Remove(result.JobId);
            for (var i = 0; i < destinations; i++)
            {
                _finished[i] += result.Destinations[i].Bytes;
                _faults[i] ??= result.Destinations[i].Fault;
            }
        }
    }

    /// <summary>The state of the running job.</summary>
    public JobState State
    {
        get
        {
            lock (_lock)
                return _state;
        }
    }

    /// <summary>Bytes written to a destination, and its first error.</summary>
    public DestinationProgress this[int destination]
    {
        get
        {
            lock (_lock)
            {
                var running = _running.Values.Sum(job => job?.Destinations[destination].Bytes ?? 0);
                return new DestinationProgress(_finished[destination] + running, _faults[destination]);
            }
        }
    }
}
