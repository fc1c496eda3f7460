namespace Kcopyd.Actors.Tests.Simulation;

/// <summary>What the client tells its callers, and what they do about it.</summary>
internal sealed partial class SimulationRun
{
    private void ByBits(bool readError, ulong writeErrors, object? context) =>
        Callback(() => ((JobOutcome)context!).Tell(_world.Steps, readError, writeErrors, null));

    private void ByResult(CopyResult result) =>
        Callback(() => ((JobOutcome)result.Context!).Tell(_world.Steps, result.ReadError, result.WriteErrors, result));

    private void ByToken(bool readError, ulong writeErrors, object? context) => Callback(() =>
    {
        var token = (TokenOutcome)context!;
        token.Notified++;
        token.Told = writeErrors;
    });

    private void Awaited(JobOutcome job)
    {
        var result = job.Task!.Exception?.InnerException is CopyCancelledException cancelled ? cancelled.Result : job.Task.Result;
        job.Tell(_world.Steps, result.ReadError, result.WriteErrors, result);
    }

    private void OnMessage(object message)
    {
        switch (message)
        {
            case CopyResult result:
                ByResult(result);
                break;
            case JobProgress { State: JobState.Stopping } progress:
                var job = Array.Find(_jobs, job => job.Handle?.Id == progress.JobId)!;
                job.StoppingAt = Math.Min(job.StoppingAt, _world.Steps);
                break;
            case ClientStatus status:
                _status = status;
                if (status.PageBytesInUse > status.PageBytesBound && _scenario.IsHealthy)
                    _complaints.Add($"more pages than the bound: {status.PageBytesInUse} of {status.PageBytesBound}");
                break;
        }
    }

    private void Callback(Action tell)
    {
        if (_isInCallback || _isInCall)
            _complaints.Add($"a callback runs {(_isInCall ? "on its caller's stack" : "within another")}");
        _isInCallback = true;
        _world.Note(_world.Steps);
        tell();
        if (!_isStopped && _random.Next(4) == 0)
            CallBack();
        if (_random.Next(20) == 0)
        {
            _isInCallback = false;
            throw new InvalidOperationException("A callback that throws, to see that the client lives on.");
        }
        _isInCallback = false;
    }

    // From inside a callback everything is allowed that is allowed elsewhere.
    private void CallBack()
    {
        if (_tokens.Count > 0 && _random.Next(2) == 0)
            Fire(_tokens[_random.Next(_tokens.Count)]);
        var job = _jobs[_random.Next(_jobs.Length)];
        if (_random.Next(2) == 0)
            Submit(job);
        else if (_random.Next(4) == 0)
            Cancel(job);
    }
}
