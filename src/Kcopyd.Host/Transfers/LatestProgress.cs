using Kcopyd.Actors.Jobs;

namespace Kcopyd.Host.Transfers;

/// <summary>
/// The last word of the client about how far it is. A view looks here when it likes, so that a slow terminal never holds up the client.
/// </summary>
internal sealed class LatestProgress(int destinations) : IProgress<JobProgress>
{
    private readonly Lock _lock = new();
    private readonly long[] _finished = new long[destinations];     // bytes of the jobs that are done
    private readonly long[] _bytes = new long[destinations];
    private readonly IoFault?[] _faults = new IoFault?[destinations];
    private long _lastFinished;
    private JobState _state;

    public void Report(JobProgress value)
    {
        lock (_lock)
        {
            if (value.JobId == _lastFinished)
                return;     // the result was faster
            _state = value.State;
            for (var i = 0; i < destinations; i++)
            {
                _bytes[i] = _finished[i] + value.Destinations[i].Bytes;
                _faults[i] ??= value.Destinations[i].Fault;
            }
        }
    }

    /// <summary>A job is done; the next one counts on from here.</summary>
    public void Finished(CopyResult result)
    {
        lock (_lock)
        {
            _lastFinished = result.JobId;
            for (var i = 0; i < destinations; i++)
            {
                _bytes[i] = _finished[i] += result.Destinations[i].Bytes;
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
                return new DestinationProgress(_bytes[destination], _faults[destination]);
        }
    }
}
