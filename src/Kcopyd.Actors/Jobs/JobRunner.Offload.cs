namespace Kcopyd.Actors.Jobs;

/// <content>Work without reading and writing. Clones come first, in a separate phase: each destination is cloned from the start of the region up to where it
/// refuses, and the rest is copied, except for holes in the source's map.</content>
internal sealed partial class JobRunner
{
    private const int SmallJob = 64 << 10;          // bytes: querying the devices costs more than it saves
    private const int SmallCopy = 8 << 10;          // bytes: at 16 KiB two calls with a warm buffer are faster
    private const int CloneUnit = 4096;             // bytes: the block size of most file systems with shared blocks
    private const int SharedPiece = 256 << 20;      // bytes: sharing takes no time, but a cancellation waits for it
    private const int CopiedPiece = 32 << 20;
    private const int MaxZeroPiece = 64 << 20;
    private const OffloadKinds Cloning = OffloadKinds.Reflink | OffloadKinds.ServerCopy | OffloadKinds.KernelCopy;

    /// <summary>Determines what a new job need not read and write. For a small job, the devices are not queried.</summary>
    private void Plan(Job job)
    {
        ref var offload = ref job.Offload;
        if (job.ComparesOnly)
        {
            Enter(job, JobPhase.Verify);
            return;
        }
        offload.Allowed = settings.Offload;
        offload.ZeroPiece = settings.SubJobSize;
        if (settings.Offload == OffloadKinds.None)
            return;
        try
        {
            if (job.Length <= Math.Min(SmallJob, settings.SubJobSize))
            {
                offload.IsSmallCopy = job is { Length: <= SmallCopy, DestinationCount: 1, IsOrdered: false, Source: not null }
                    && (job.Flags & CopyFlags.OnlyDifferent) == 0
                    && (settings.Offload & OffloadKinds.SmallCopy) != 0
                    && (job.Destinations[0].Device.CloneKinds(job.Source) & OffloadKinds.SmallCopy) != 0;
                return;
            }
            offload.Unit = IoRegion.SectorSize;
            offload.HasLargeZeroes = job.Source is not null || (settings.Offload & OffloadKinds.WriteZeroes) != 0;
            for (var i = 0; i < job.DestinationCount; i++)
            {
                var device = job.Destinations[i].Device;
                offload.Unit = Math.Max(offload.Unit, device.Alignment);
                offload.HasLargeZeroes &= (device.Features & DeviceFeatures.WriteZeroes) != 0;
            }
            if (job.Source is not { } source)
                return;
            offload.Unit = Math.Max(offload.Unit, source.Alignment);
            offload.Extents?.Begin(0, job.Length, 1);       // drops the map of the object's previous job
            offload.MapsHoles = (settings.Offload & OffloadKinds.Holes) != 0 && (source.Features & DeviceFeatures.Map) != 0;
            PlanClones(job, source);
        }
        catch (Exception)
        {
            // A device that throws is broken. Its errors surface in a worker, not in the client.
            offload.MapsHoles = offload.HasLargeZeroes = offload.Clones = false;
            job.Phase = JobPhase.Copy;
            job.NextOffset = 0;
        }
    }

    private void PlanClones(Job job, IBlockDevice source)
    {
        var kinds = settings.Offload & Cloning;
        if (job.Offload.MapsHoles)
            kinds &= ~OffloadKinds.KernelCopy;      // it would fill the holes
        // Sharing reads nothing: bad sectors would be neither found nor listed, but shared with the destination.
        if (job.IgnoresErrors)
            kinds &= ~OffloadKinds.Reflink;
        // Ordered and rate-limited jobs are not cloned: devices keep neither order nor rate.
        if (kinds == OffloadKinds.None || job.IsOrdered || (job.Flags & CopyFlags.OnlyDifferent) != 0 || throttle.IsLimited
            || (source.Features & DeviceFeatures.Clone) == 0)
        {
            return;
        }
        // File systems share whole blocks: in a region that begins within a block, cloning begins at the next.
        var start = -job.SourceOffset & (CloneUnit - 1);
        if (start % job.Offload.Unit != 0)
            return;
        for (var i = 0; i < job.DestinationCount; i++)
        {
            ref var destination = ref job.Destinations[i];
            if ((destination.Device.Features & DeviceFeatures.Clone) != 0)
                destination.CloneKinds = destination.Device.CloneKinds(source) & kinds;
            job.Offload.Clones |= destination.CloneKinds != OffloadKinds.None;
        }
        if (!job.Offload.Clones)
            return;
        job.Phase = JobPhase.Clone;
        job.NextOffset = job.Offload.CloneStart = start;
    }

    /// <summary>The kind and the length of the next sub-job.</summary>
    private (SubJobKind Kind, int Length) NextPiece(Job job)
    {
        ref readonly var offload = ref job.Offload;
        var limit = job.Length;
        if (job.Phase == JobPhase.Clone)
            return (SubJobKind.Data, (int)Math.Min(ClonePiece(job), limit - job.NextOffset));
        var zeroes = false;
        if (job.Phase == JobPhase.Copy)
        {
            zeroes = job.Source is null;
            if (offload.Clones)
                limit = NextCloneEdge(job);
            if (offload.MapsHoles)
            {
                if (offload.Extents is not { } map || map.End <= job.NextOffset)
                    return (SubJobKind.Map, 0);
                (var end, zeroes) = map.At(job.NextOffset);
                limit = Math.Min(limit, end);
            }
        }
        // At a limited rate, zeroes count like data and come in pieces of that size, because a device may have to write them. Holes of the source do not count:
        // nothing is transferred.
        var max = zeroes && offload.HasLargeZeroes && (!throttle.IsLimited || IsOfHoles(job)) ? offload.ZeroPiece : settings.SubJobSize;
        return (zeroes ? SubJobKind.Zeroes : SubJobKind.Data, (int)Math.Min(max, limit - job.NextOffset));
    }

    /// <summary>True if zeroes of this job are holes of its source, and the destinations make holes of them.</summary>
    private static bool IsOfHoles(Job job) => job.Source is not null && job.Offload.HasLargeZeroes;

    private static int ClonePiece(Job job)
    {
        var kinds = OffloadKinds.None;
        for (var i = 0; i < job.DestinationCount; i++)
            kinds |= job.Destinations[i].CloneKinds;
        return kinds == OffloadKinds.Reflink ? SharedPiece : CopiedPiece;
    }

    /// <summary>The next offset where the cloned part of a destination begins or ends: a destination needs all of a sub-job or nothing.</summary>
    private static long NextCloneEdge(Job job)
    {
        if (job.NextOffset < job.Offload.CloneStart)
            return job.Offload.CloneStart;
        var edge = job.Length;
        for (var i = 0; i < job.DestinationCount; i++)
        {
            if (job.Destinations[i].ClonedTo is var to && to > job.NextOffset)
                edge = Math.Min(edge, to);
        }
        return edge;
    }

    /// <summary>Skips what is cloned on every destination.</summary>
    private static void SkipCloned(Job job)
    {
        while (job.Offload.Clones && job.Phase == JobPhase.Copy && job.NextOffset < job.Length && job.NextOffset >= job.Offload.CloneStart)
        {
            for (var i = 0; i < job.DestinationCount; i++)
            {
                if (job.Destinations[i].ClonedTo <= job.NextOffset)
                    return;
            }
            var bytes = NextCloneEdge(job) - job.NextOffset;
            job.NextOffset += bytes;
            job.BytesRead += bytes;
            job.Offload.Unread += bytes;
        }
    }

    /// <summary>Every destination has reported how much of a piece it cloned. One that has not cloned all of it is not cloned further.</summary>
    private static void CloneEnded(SubJob subJob)
    {
        var (job, continues) = (subJob.Job, false);
        for (var i = 0; i < job.DestinationCount; i++)
        {
            ref var destination = ref job.Destinations[i];
            if (destination.CloneKinds == OffloadKinds.None)
                continue;
            var io = subJob.Ios[i];
            destination.ClonedTo = subJob.Offset + io.Bytes is var end && end == job.Length ? end : end & -(long)job.Offload.Unit;
            destination.CloneKinds = io.Bytes == subJob.Length ? io.OffloadKind : OffloadKinds.None;
            continues |= destination.CloneKinds != OffloadKinds.None;
        }
        if (!continues)
            job.NextOffset = job.Length;
    }

    /// <summary>Ends cloning if a limit was set in the meantime: the rest is copied at that rate.</summary>
    /// <returns>True if the job has entered its next phase.</returns>
    private bool LeaveCloning(Job job)
    {
        if (job.Phase != JobPhase.Clone || !throttle.IsLimited)
            return false;
        job.NextOffset = job.Length;
        Advance(job);
        return true;
    }

    private static void ZeroesEnded(SubJob subJob)
    {
        ref var offload = ref subJob.Job.Offload;
        for (var i = 0; i < subJob.Job.DestinationCount; i++)
            offload.HasLargeZeroes &= !subJob.Ios[i].RefusedZeroes;
        // Pieces grow only after a success: a device that refuses does so on a small piece, which is then written.
        offload.ZeroPiece = Math.Min(MaxZeroPiece, offload.ZeroPiece * 8);
    }

    /// <summary>Updates the offload state when a sub-job ends or is lost.</summary>
    private static void NoteOffload(SubJob subJob)
    {
        if (subJob.Phase == JobPhase.Clone)
            CloneEnded(subJob);
        else if (subJob.Kind == SubJobKind.Map)
            subJob.Job.Offload.IsMapping = false;
        else if (subJob.Kind == SubJobKind.Zeroes)
            ZeroesEnded(subJob);
    }
}
