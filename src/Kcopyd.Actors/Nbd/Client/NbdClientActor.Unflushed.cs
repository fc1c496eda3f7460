using Akka.Event;
using Kcopyd.Actors.Devices;
using Kcopyd.Actors.Nbd.Protocol;

namespace Kcopyd.Actors.Nbd.Client;

/// <content>What the server acknowledged and may lose: kept, flushed, written again.</content>
internal sealed partial class NbdClientActor
{
    private readonly UnflushedWrites _kept = new();
    private readonly List<NbdRequest> _replaying = [];
    private RequestQueue _held;         // writes that do not fit into what may be kept
    private bool _keeps;
    private long _inFlightCost;         // of writes, as they will be kept
    private List<UnflushedWrites.Entry> _plan = [];
    private int _replayNext;            // of the plan
    private bool _isFlushingInBackground;
    private long _acknowledged, _flushed;       // writes, where they are not kept
    private IoError _flushError;        // of this and all flushes to come

    private bool HasUnflushed => !_kept.IsEmpty || _acknowledged > _flushed;

    private static bool IsChange(NbdRequest request) => request.Command is NbdCommand.Write or NbdCommand.WriteZeroes or NbdCommand.Trim;

    private void Entered(NbdRequest request)
    {
        if (request.Origin == RequestOrigin.Caller && IsChange(request))
            _inFlightCost += UnflushedWrites.CostOf(request.Command, request.Length);
    }

    private void Left(NbdRequest request)
    {
        if (request.Origin == RequestOrigin.Caller && IsChange(request))
            _inFlightCost -= UnflushedWrites.CostOf(request.Command, request.Length);
    }

    private void Acknowledged(NbdRequest request)
    {
        // What was trimmed may be anything, and what was forced is on the medium. But kept writes beneath must not come back over them.
        var isStable = (request.Flags & CommandFlags.Fua) != 0;
        var isSafe = isStable || request.Command == NbdCommand.Trim;
        if (!_keeps)
            _acknowledged += isSafe ? 0 : 1;
        else if (isSafe && _kept.IsEmpty)
            return;
        else if (isStable)
            _kept.AddStable(request.Offset, request.Length);
        else
            _kept.Add(request.Command, request.Flags, request.Offset, request.Length, request.Memory.Span);
    }

    private IoError Flushed(NbdRequest request, IoError error)
    {
        _isFlushingInBackground &= request.Origin != RequestOrigin.Background;
        if (error != IoError.None && HasUnflushed)
            LoseWrites(error, "a flush failed");
        if (_flushError != IoError.None)
            return _flushError;
        if (error == IoError.None && _keeps)
            _kept.DropBefore(request.Mark);
        else if (error == IoError.None)
            _flushed = Math.Max(_flushed, request.Mark);
        return error;
    }

    private bool MustWait(NbdRequest request)
    {
        if (!_keeps || !IsChange(request) || _held.First is null && Fits(request))
            return false;
        _held.Add(request);
        return true;
    }

    private bool Fits(NbdRequest request)
    {
        var before = _kept.Bytes + _inFlightCost;
        return before == 0 || before + UnflushedWrites.CostOf(request.Command, request.Length) <= _core.Options.UnflushedLimit;
    }

    private void SendHeld()
    {
        while (_held.First is { } held && (!_keeps || Fits(held)) && FreeLink() is { } link)
            Send(link, _held.Take()!);
    }

    private void FlushInBackground()
    {
        if (_isFlushingInBackground || _kept.IsEmpty || _kept.Bytes < _core.Options.UnflushedLimit / 2 && _held.First is null || FreeLink() is not { } link)
            return;
        _isFlushingInBackground = true;
        var flush = _core.Take();
        flush.Reset(NbdCommand.Flush, CommandFlags.None, 0, 0, default, RequestOrigin.Background);
        Send(link, flush);
    }

    private void BeginReplay()
    {
        (_plan, _replayNext) = (_kept.Plan(), 0);
        _state = _plan.Count == 0 ? State.Serving : State.Replaying;
        if (_plan.Count > 0)
            Log.Info("{0}: writing {1} bytes again that were not flushed", _core.Name, _kept.Bytes);
    }

    // In order where they overlap; the server may do the others as it likes.
    private void Replay()
    {
        while (_replayNext < _plan.Count && !IsBehind(_plan[_replayNext]) && FreeLink() is { } link)
        {
            var write = _plan[_replayNext++];
            var request = _core.Take();
            request.Reset(write.Command, write.Flags, write.Offset, write.Length, write.Data, RequestOrigin.Replay);
            _replaying.Add(request);
            Send(link, request);
        }
        if (_replayNext == _plan.Count && _replaying.Count == 0)
            _state = State.Serving;
    }

    private bool IsBehind(in UnflushedWrites.Entry write)
    {
        foreach (var other in _replaying)
        {
            if (write.Overlaps(other.Offset, other.Length))
                return true;
        }
        return false;
    }

    private void Replayed(NbdRequest request, IoError error)
    {
        _replaying.Remove(request);
        if (error == IoError.None || _flushError != IoError.None)
            return;
        LoseWrites(IoError.Io, $"what was not flushed could not be written again ({error})");
        _replayNext = _plan.Count;
    }

    // The server's cache is gone, and there is no copy of what was in it.
    private void LoseUnkept()
    {
        if (_acknowledged > _flushed && _core.Terms.Has(TransmissionFlags.SendFlush) && _flushError == IoError.None)
            LoseWrites(IoError.Io, "the server was lost and may have been restarted, and nothing was kept to write it again");
    }

    // Once and for all: that a later flush succeeds says nothing of what was lost.
    private void LoseWrites(IoError error, string reason)
    {
        _flushError = error;
        _keeps = false;
        _kept.DropBefore(_kept.End);
        Log.Error("{0}: writes that were acknowledged may be lost: {1}. Every flush of this device fails from now on.", _core.Name, reason);
    }
}
