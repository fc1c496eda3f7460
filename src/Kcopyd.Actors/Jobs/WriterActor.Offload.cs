using Akka.Event;

namespace Kcopyd.Actors.Jobs;

/// <content>Avoids writes. A clone tries one kind after another until one works, and reports how far it came; it never fails a job, because the rest is copied.
/// A run of zeroes is looked up in the destination's map, then punched, or finally written.</content>
internal sealed partial class WriterActor
{
    private OffloadKinds _cloneKind;
    private int _runEnd;        // bytes from the start of the sub-job: the end of the run of data or zeroes

    private OffloadKinds ZeroKind =>
        _io.SubJob.Job.Source is null ? OffloadKinds.WriteZeroes
        : _io.SubJob.Kind == SubJobKind.Zeroes ? OffloadKinds.Holes
        : OffloadKinds.DetectZeroes;

    /// <summary>True if the destination is not involved in the sub-job: it is cloned already, or has refused further clones.</summary>
    private static bool IsSpared(SubJob subJob, in Job.Destination destination) => subJob.Phase switch
    {
        JobPhase.Clone => destination.CloneKinds == OffloadKinds.None,
        JobPhase.Copy => subJob.Offset < destination.ClonedTo && subJob.Offset >= subJob.Job.Offload.CloneStart,
        _ => false,
    };

    private WriterStep BeginClone()
    {
        _cloneKind = First(_io.SubJob.Job.Destinations[_io.Index].CloneKinds);
        return WriterStep.Clone;
    }

    private void PrepareClone()
    {
        var (subJob, job) = (_io.SubJob, _io.SubJob.Job);
        Call.Clone(job.Source!, job.SourceOffset + subJob.Offset + _transfer.Position, Device, _transfer.Offset, _transfer.Remaining, _cloneKind);
    }

    private bool Cloned(IoResult result)
    {
        if (result.Bytes > 0)
            _io.Offloaded(_cloneKind, result.Bytes);
        _transfer.Advance(result.Bytes);
        if (_transfer.IsDone)
            return Report();
        if (result is { IsSuccess: true, Bytes: > 0 })
            return true;
        Refused(_cloneKind, result, "the rest is copied by other means");
        ref readonly var destination = ref _io.SubJob.Job.Destinations[_io.Index];
        var left = (OffloadKinds)((int)destination.CloneKinds & -((int)_cloneKind << 1));    // the kinds after this one
        if (_io.Bytes == 0 && left != OffloadKinds.None)
        {
            _cloneKind = First(left);
            return true;
        }
        // Only whole units count as cloned, because the copy begins at a unit.
        var end = (_io.SubJob.Offset + _io.Bytes) & -(long)_io.SubJob.Job.Offload.Unit;
        _io.Bytes = _io.OffloadBytes = Math.Max(0, end - _io.SubJob.Offset);
        return Report();
    }

    private static OffloadKinds First(OffloadKinds kinds) => kinds & (OffloadKinds)(-(int)kinds);

    /// <summary>The first step for a run of zeroes up to <see cref="_runEnd"/>.</summary>
    private WriterStep ZeroStep()
    {
        return _io.SubJob.Job.Source is not null && (Device.Features & DeviceFeatures.Map) != 0 ? WriterStep.LookForHole : ZeroStepOf(Device.Features);
    }

    private WriterStep ZeroStepOf(DeviceFeatures features) =>
        (features & DeviceFeatures.WriteZeroes) != 0 && (_io.SubJob.Job.Offload.Allowed & ZeroKind) != 0 ? WriterStep.WriteZeroes : WriterStep.WriteZeroPages;

    /// <summary>The destination has reported its extent. A hole at the start needs no work; the rest of the run is zeroed.</summary>
    private bool LookedForHole(IoResult result)
    {
        var extent = Call.Extent;
        if (result.IsSuccess && extent is { IsZero: true, Length: > 0 })
        {
            var length = Math.Min(extent.Length, _runEnd - _transfer.Position);
            if (_transfer.Position + length < _runEnd)
                length &= -Device.Alignment;
            if (length > 0)
                _io.Offloaded(ZeroKind, length);
            _transfer.Advance(length);
        }
        _step = ZeroStepOf(Device.Features);
        return Go();
    }

    // At most once per kind and destination of a job, or per piece of zeroes.
    private void Refused(OffloadKinds kind, IoResult result, string instead)
    {
        if (_log.IsDebugEnabled)
        {
            var reason = result.IsSuccess ? "nothing was done" : result.Error.Describe();
            _log.Debug("{0} refused {1}: {2}; {3}.", Device.Name, OffloadNames.Of(kind)[0], reason, instead);
        }
    }

    private bool ZeroByWriting(IoResult refusal)
    {
        Refused(ZeroKind, refusal, "zeroes are written instead");
        _io.RefusedZeroes = true;
        _step = WriterStep.WriteZeroPages;
        return true;
    }

    /// <summary>Continues with the current run or, at its end, with the next one.</summary>
    private bool Go()
    {
        if (_transfer.IsDone)
            return Report();
        if (_transfer.Position >= _runEnd)
            _step = NextRun();
        return true;
    }

    /// <summary>The first step for the next run of data or zeroes in the pages; without zero detection, everything is data.</summary>
    private WriterStep NextRun()
    {
        if (OnlyDifferent)
            return BeginLooking();
        if ((_io.SubJob.Job.Offload.Allowed & OffloadKinds.DetectZeroes) == 0)
        {
            _runEnd = _io.SubJob.Length;
            return WriterStep.Write;
        }
        _runEnd = ZeroRuns.Next(_io.SubJob.Buffer.Span, _transfer.Position, out var isZero);
        return isZero ? ZeroStep() : WriterStep.Write;
    }
}
