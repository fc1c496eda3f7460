namespace Kcopyd.Actors.Jobs;

/// <summary>Accumulates the reports of readers and writers in a job's bits, bytes and faults. Used by the client actor only.</summary>
internal static class JobAccounts
{
    /// <summary>Adds a writer's report, or one that the client makes in its place.</summary>
    public static void Add(DestinationIo io)
    {
        io.IsReported = true;
        var job = io.SubJob.Job;
        ref var destination = ref job.Destinations[io.Index];
        destination.Written += io.Bytes;
        destination.Unchanged += io.Unchanged;
        for (var i = 0; i < io.Differences.Count; i++)
            destination.Differences.Add(io.Differences[i].Offset, io.Differences[i].Length);
        if (io.OffloadBytes > 0)
            job.Offload.Done = job.Offload.Done.Add(io.OffloadKind, io.OffloadBytes);
        if (io.Error == IoError.None)
            return;
        job.WriteErrors |= 1UL << io.Index;
        var sector = io.ErrorOffset < 0 ? -1 : io.ErrorOffset >> IoRegion.SectorShift;
        // Sub-jobs end in any order; the first failed sector is the lowest one reported.
        if (destination.Fault is null || (sector >= 0 && sector < destination.Fault.Sector))
            destination.Fault = IoFaults.OfDestination(destination.Device, io.Error, sector, io.SubJob.Phase);
    }

    /// <summary>Adds the result of a sub-job's read.</summary>
    public static void AddRead(SubJob subJob)
    {
        var job = subJob.Job;
        if (subJob.ReadFailure != IoError.None)
        {
            job.ReadError = true;
            var sector = subJob.ReadFailureOffset >> IoRegion.SectorShift;
            if (job.ReadFault is null || sector < job.ReadFault.Sector)
                job.ReadFault = IoFaults.OfSource(job.Source!, subJob.ReadFailure, sector);
        }
        for (var i = 0; i < subJob.Unreadable.Count; i++)
            job.Unreadable.Add(subJob.Unreadable[i].Offset, subJob.Unreadable[i].Length);
        if ((subJob.Phase == JobPhase.Copy || job.ComparesOnly) && !subJob.ReadIsLost)
            job.BytesRead += subJob.Length;
        if (subJob.Kind == SubJobKind.Zeroes)
            job.Offload.Unread += subJob.Length;
    }

    /// <summary>Callers that check only the bits must not take a cancelled job for one that was copied, flushed or verified.</summary>
    public static void FailEveryDestination(Job job)
    {
        for (var i = 0; i < job.DestinationCount; i++)
        {
            ref var destination = ref job.Destinations[i];
            job.WriteErrors |= 1UL << i;
            destination.Fault ??= IoFaults.OfDestination(destination.Device, job.StopReason, -1, JobPhase.Copy);
        }
    }
}
