namespace Kcopyd.Actors.Jobs;

/// <summary>Collects what readers and writers report into a job's bits, bytes and faults. On the client only.</summary>
internal static class JobAccounts
{
    /// <summary>A writer's report, or what the client reports in its place.</summary>
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
        // Sub-jobs end in any order; the first failing sector is the lowest one seen.
        if (destination.Fault is null || (sector >= 0 && sector < destination.Fault.Sector))
            destination.Fault = IoFaults.OfDestination(destination.Device, io.Error, sector, io.SubJob.Phase);
    }

    /// <summary>What became of a sub-job's read.</summary>
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

    /// <summary>Who looks only at the bits must not take a cancelled job for a copied one, or for a flushed or verified one.</summary>
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
