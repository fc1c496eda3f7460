namespace Kcopyd.Actors.Jobs;

/// <content>Copies a small job between files in memory with one call and without a writer. If that fails, the job is read and written as usual, which reports
/// the error.</content>
internal sealed partial class ReaderActor
{
    private void PrepareSmallCopy()
    {
        var (subJob, job) = (_subJob, _subJob.Job);
        ref readonly var destination = ref job.Destinations[0];
        Call.Clone(job.Source!, _transfer.Offset, destination.Device, destination.Offset + subJob.Offset, subJob.Length, OffloadKinds.SmallCopy);
    }

    private bool CopiedSmall(IoResult result)
    {
        _isSmallCopy = false;
        if (!result.IsSuccess || !IsWhole(result))
            return true;
        _subJob.Ios[0].Offloaded(OffloadKinds.SmallCopy, result.Bytes);
        ReportSmallCopy();
        return false;
    }

    // The call was made to the destination.
    private void SmallCopyCrashed()
    {
        var io = _subJob.Ios[0];
        io.Fail(IoError.WorkerCrashed, _subJob.Job.Destinations[0].Offset + _subJob.Offset);
        io.IsCrashed = true;
        ReportSmallCopy();
    }

    private void ReportSmallCopy()
    {
        var subJob = _subJob;
        _subJob = null!;
        subJob.Report(Client);
    }
}
