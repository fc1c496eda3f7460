using Akka.Actor;
using Kcopyd.Actors.BlockIo;

namespace Kcopyd.Actors.Jobs;

/// <summary>
/// Fills the pages of a sub-job from its source and hands it to the writers. The sub-job returns to the client only if the read failed permanently, or if the
/// job is ordered and its writes wait for their turn.
/// </summary>
internal sealed partial class ReaderActor : WorkerActor
{
    private SubJob _subJob = null!;
    private Transfer _transfer;
    private bool _isSmallCopy;

    protected override bool Begin(object message)
    {
        if (message is not SubJob subJob)
        {
            Unhandled(message);
            return false;
        }
        _subJob = subJob;
        var source = subJob.Job.Source!;
        _transfer = new Transfer(subJob.Job.SourceOffset + subJob.Offset, subJob.Length, source.LogicalBlockSize);
        if (subJob.Kind == SubJobKind.Map)
            return BeginMap();
        _isSmallCopy = subJob.Job.Offload.IsSmallCopy && subJob.Phase == JobPhase.Copy;
        SkipKnownUnreadable();
        return !_transfer.IsDone || Finish();
    }

    protected override void Prepare()
    {
        if (_subJob.Kind == SubJobKind.Map)
            PrepareMap();
        else if (_isSmallCopy)
            PrepareSmallCopy();
        else
            Call.Read(_subJob.Job.Source!, _transfer.Offset, _subJob.Buffer.Slice(_transfer.Position, Math.Min(_transfer.Next, BytesToNextKnownUnreadable())));
    }

    protected override bool Completed(IoResult result)
    {
        if (_subJob.Kind == SubJobKind.Map)
            return Mapped();
        if (_isSmallCopy)
            return CopiedSmall(result);
        _transfer.Advance(result.Bytes);
        if (result is { IsSuccess: true, Bytes: > 0 })
        {
            _transfer.Widen();
            SkipKnownUnreadable();
        }
        else if (result.IsSuccess && _subJob.Job.IsOpenEnded)
        {
            _subJob.EndAt(_transfer.Position);
            return Finish();
        }
        else if (!Salvage(result.IsSuccess ? IoError.EndOfDevice : result.Error, IsWhole(result)))
        {
            return Fail();
        }
        return !_transfer.IsDone || Finish();
    }

    protected override void Crashed()
    {
        if (_isSmallCopy)
        {
            SmallCopyCrashed();
            return;
        }
        _subJob.ReadFailure = IoError.WorkerCrashed;
        _subJob.ReadFailureOffset = _transfer.Offset;
        Fail();
    }

    /// <summary>
    /// Continues after an error where that can succeed. Every job narrows down a bad block: the retry may succeed, and otherwise the fault names the block and
    /// not the start of the I/O. Only a job that ignores errors continues after the block, and not if the device is gone: data that was not read then is not
    /// unreadable.
    /// </summary>
    /// <param name="error">The error that ended the I/O.</param>
    /// <param name="isWhole">True if all bytes were read despite the error: they are valid, and the block after them was not requested.</param>
    private bool Salvage(IoError error, bool isWhole)
    {
        var narrows = error.IsBadBlock() && !_subJob.Job.ReadsStream;      // a stream cannot be read again
        if (narrows && !isWhole && !_transfer.IsSingleBlock)
        {
            _transfer.Narrow();
            return true;
        }
        if (_subJob.ReadFailure == IoError.None)
        {
            _subJob.ReadFailure = error;
            _subJob.ReadFailureOffset = _transfer.Offset;
        }
        if (!_subJob.Job.IgnoresErrors || _subJob.Phase != JobPhase.Copy || error.IsDeviceGone() || _subJob.Job.ReadsStream)
            return false;
        if (!isWhole)
            WriteOff(narrows ? _transfer.Next : _transfer.Remaining);
        return true;
    }

    private void WriteOff(int bytes)
    {
        _subJob.Buffer.Span.Slice(_transfer.Position, bytes).Clear();
        _subJob.Unreadable.Add(_transfer.Offset, bytes);
        _transfer.Advance(bytes);
        _transfer.Widen();
    }

    // Verification does not read what the copy could not: it compares with the zeroes that were written.
    private void SkipKnownUnreadable()
    {
        if (_subJob.Phase != JobPhase.Verify)
            return;
        ref readonly var known = ref _subJob.Job.Unreadable;
        for (var i = Math.Max(0, known.FirstFrom(_transfer.Offset + 1) - 1); i < known.Count && !_transfer.IsDone; i++)
        {
            var (offset, length) = known[i];
            if (offset > _transfer.Offset)
                break;
            var bytes = (int)Math.Clamp(offset + length - _transfer.Offset, 0, _transfer.Remaining);
            _subJob.Buffer.Span.Slice(_transfer.Position, bytes).Clear();
            _transfer.Advance(bytes);
        }
    }

    private int BytesToNextKnownUnreadable()
    {
        if (_subJob.Phase != JobPhase.Verify || _subJob.Job.Unreadable.IsEmpty)
            return int.MaxValue;
        var next = _subJob.Job.Unreadable.FirstFrom(_transfer.Offset);
        return next == _subJob.Job.Unreadable.Count
            ? int.MaxValue
            : (int)Math.Min(int.MaxValue, _subJob.Job.Unreadable[next].Offset - _transfer.Offset);
    }

    private bool Finish()
    {
        var subJob = _subJob;
        _subJob = null!;
        if (subJob.Phase == JobPhase.Verify)
            subJob.Job.RegionHashes?.AppendSource(subJob.Buffer.Span);
        if (subJob.Job.IsOrdered && subJob.Phase == JobPhase.Copy)
            Client.Tell(subJob, ActorRefs.NoSender);
        else
            subJob.HandOver();
        return false;
    }

    private bool Fail()
    {
        var subJob = _subJob;
        _subJob = null!;
        subJob.ReadIsLost = true;
        Client.Tell(subJob, ActorRefs.NoSender);
        return false;
    }
}
