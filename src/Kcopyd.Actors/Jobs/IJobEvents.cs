namespace Kcopyd.Actors.Jobs;

/// <summary>Events that the runner reports to the client actor.</summary>
internal interface IJobEvents
{
    /// <summary>Nothing of the job is in flight and nothing more will start: notify the caller.</summary>
    void JobDone(Job job);

    /// <summary>The job was cancelled and ends once its I/O in flight has completed, which may never happen.</summary>
    void CancelWaits(Job job);

    /// <summary>The throttle delays the next sub-job: call <see cref="JobRunner.Pump"/> after this time.</summary>
    void PumpLater(TimeSpan wait);
}

/// <summary>The object that admitted a job.</summary>
internal interface IJobOwner
{
    /// <summary>Notifies the caller of a job that is settled because the client actor has stopped. Any thread.</summary>
    void NotifyStopped(Job job, long id);
}
