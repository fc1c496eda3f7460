using Kcopyd.Actors;

namespace Kcopyd.Host.Transfers;

/// <summary>
/// The last word of the client about how far it is. A view looks here when it likes, so that a slow terminal never holds up the client.
/// </summary>
internal sealed class LatestProgress(int destinations) : IProgress<JobProgress>
{
    private readonly Lock _lock = new();
    private readonly long[] _finished = new long[destinations];     // bytes of the jobs that are done
    private readonly IoFault?[] _faults = new IoFault?[destinations];
    private readonly Dictionary<long, JobProgress?> _running = [];
    private JobState _state;

    /// <summary>A job was submitted.</summary>
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
                return;     // its result was faster
            _running[value.JobId] = value;
            _state = value.State;
            for (var i = 0; i < destinations; i++)
                _faults[i] ??= value.Destinations[i].Fault;
        }
    }

    /// <summary>A job is done.</summary>
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

    /// <summary>What the running job does.</summary>
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
                return new DestinationProgress(_finished[destination] + _running.Values.Sum(job => job?.Destinations[destination].Bytes ?? 0), _faults[destination]);
        }
    }
}
