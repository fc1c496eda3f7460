namespace Kcopyd.Actors.Jobs;

/// <content> What need not be read and written. Clones come first, in a phase of their own: each destination is cloned from the start of the region up to where
/// it refuses, and what no clone has covered is copied. Of that, holes are cut out by the source's map.
/// </content>
internal sealed partial class JobRunner
{
    private const int SmallJob = 64 << 10;          // bytes: to ask costs more than it saves
    private const int SmallCopy = 8 << 10;          // bytes: at 16 KiB two calls with a warm buffer are faster
    private const int CloneUnit = 4096;             // bytes: blocks of most file systems that share them
    private const int SharedPiece = 256 << 20;      // bytes: sharing takes no time, but a cancel waits for it
    private const int CopiedPiece = 32 << 20;
    private const int LargestZeroPiece = 64 << 20;
    private const OffloadKinds Cloning = OffloadKinds.Reflink | OffloadKinds.ServerCopy | OffloadKinds.KernelCopy;

    /// <summary>Finds out what a new job can be spared. A small one is spared the question.</summary>
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
                offload.IsSmallCopy = job is { Length: <= SmallCopy, DestinationCount: 1, IsOrdered: false, Source: not null } && (job.Flags & CopyFlags.OnlyDifferent) == 0
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
            offload.Extents?.Begin(0, job.Length, 1);       // what the last job of this object knew
            offload.MapsHoles = (settings.Offload & OffloadKinds.Holes) != 0 && (source.Features & DeviceFeatures.Map) != 0;
            PlanClones(job, source);
        }
        catch (Exception)
        {
            // A device that cannot answer is broken. That comes to light where it costs a worker, not the client.
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
        // Sharing reads nothing, so bad sectors would be neither found nor listed: they would just have one more owner.
        if (job.IgnoresErrors)
            kinds &= ~OffloadKinds.Reflink;
        // In order, or at a limited rate, nothing is moved by others: they keep neither.
        if (kinds == OffloadKinds.None || job.IsOrdered || (job.Flags & CopyFlags.OnlyDifferent) != 0 || throttle.IsLimited || (source.Features & DeviceFeatures.Clone) == 0)
            return;
        // File systems share whole blocks: a region that begins within one begins to be cloned at the next.
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

    /// <summary>What the next sub-job does, and with how many bytes.</summary>
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
        // At a limited rate zeroes are counted as data is, in pieces of that size, because a device may well have to write them. Holes of the source are not:
        // nothing of them is moved.
        var most = zeroes && offload.HasLargeZeroes && (!throttle.IsLimited || IsOfHoles(job)) ? offload.ZeroPiece : settings.SubJobSize;
        return (zeroes ? SubJobKind.Zeroes : SubJobKind.Data, (int)Math.Min(most, limit - job.NextOffset));
    }

    /// <summary>True if zeroes of this job are holes of its source, and become holes by the destinations' own means.</summary>
    private static bool IsOfHoles(Job job) => job.Source is not null && job.Offload.HasLargeZeroes;

    private static int ClonePiece(Job job)
    {
        var kinds = OffloadKinds.None;
        for (var i = 0; i < job.DestinationCount; i++)
            kinds |= job.Destinations[i].CloneKinds;
        return kinds == OffloadKinds.Reflink ? SharedPiece : CopiedPiece;
    }

    /// <summary>Where the next destination begins or ends to be cloned: a sub-job is needed by a destination whole, or not at all.</summary>
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

    /// <summary>Passes over what every destination has by a clone.</summary>
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

    /// <summary>Every destination has said how much of a piece it cloned. Who has not cloned all of it clones nothing more.</summary>
    private static void CloneEnded(SubJob subJob)
    {
        var (job, goesOn) = (subJob.Job, false);
        for (var i = 0; i < job.DestinationCount; i++)
        {
            ref var destination = ref job.Destinations[i];
            if (destination.CloneKinds == OffloadKinds.None)
                continue;
            var io = subJob.Ios[i];
            destination.ClonedTo = subJob.Offset + io.Bytes is var end && end == job.Length ? end : end & -(long)job.Offload.Unit;
            destination.CloneKinds = io.Bytes == subJob.Length ? io.OffloadKind : OffloadKinds.None;
            goesOn |= destination.CloneKinds != OffloadKinds.None;
        }
        if (!goesOn)
            job.NextOffset = job.Length;
    }

    /// <summary>A limit was set while a job clones: the rest is copied, at that rate.</summary>
    /// <returns>True if the job is in its next phase.</returns>
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
        // Larger only after it went well: a device that refuses is found out by a small piece, which is then written.
        offload.ZeroPiece = Math.Min(LargestZeroPiece, offload.ZeroPiece * 8);
    }

    /// <summary>What a kind of sub-job leaves to be noted when it ends, or is lost.</summary>
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
