namespace Kcopyd.Actors.Jobs;

/// <summary>What the runner tells the client actor.</summary>
internal interface IJobEvents
{
    /// <summary>Nothing of the job is in flight any more, and nothing will be: notify.</summary>
    void JobDone(Job job);

    /// <summary>The job was cancelled and ends when what is in flight of it has; that may take for ever.</summary>
    void CancelWaits(Job job);

    /// <summary>The throttle holds the next sub-job back: call <see cref="JobRunner.Pump"/> after this time.</summary>
    void PumpLater(TimeSpan wait);
}

/// <summary>Whoever admitted a job.</summary>
internal interface IJobOwner
{
    /// <summary>The client's actor is gone, and the job is settled by that: notifies. Any thread.</summary>
    void NotifyStopped(Job job, long id);
}
