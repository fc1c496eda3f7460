using Akka.Actor;
using Kcopyd.Actors.Devices;

namespace Kcopyd.Actors.Jobs;

/// <content>Looks for holes, one batch at a time.</content>
internal sealed partial class ReaderActor
{
    private bool BeginMap()
    {
        var job = _subJob.Job;
        job.Offload.Extents ??= new ExtentMap();
        job.Offload.Extents.Begin(_subJob.Offset, job.Length, Math.Max(ExtentMap.MinHole, job.Offload.Unit));
        return true;
    }

    private void PrepareMap()
    {
        var job = _subJob.Job;
        var map = job.Offload.Extents!;
        Call.Prepare(DeviceOperation.Map, job.Source!, job.SourceOffset + map.Position, map.Remaining);
    }

    private bool Mapped()
    {
        // A device that fails to report extents is read; its error surfaces there.
        var extent = Call.Extent;
        var map = _subJob.Job.Offload.Extents!;
        if (extent.Error == IoError.None ? map.Add(extent.Length, extent.IsZero) : map.Add(map.Remaining, isZero: false))
            return true;
        var subJob = _subJob;
        _subJob = null!;
        Client.Tell(subJob, ActorRefs.NoSender);
        return false;
    }
}
