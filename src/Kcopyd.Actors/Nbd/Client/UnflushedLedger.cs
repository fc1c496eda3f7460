using Akka.Event;
using Kcopyd.Actors.Nbd.Protocol;

namespace Kcopyd.Actors.Nbd.Client;

/// <summary>
/// What the server has acknowledged and may lose: kept until it is flushed, written again to a server that was restarted; and whether a flush can still
/// succeed. Used by the device's actor only.
/// </summary>
internal sealed class UnflushedLedger(NbdClientCore core, ILoggingAdapter log)
{
    private readonly UnflushedWrites _kept = new();
    private readonly List<NbdRequest> _replaying = [];
    private List<UnflushedWrites.Entry> _plan = [];
    private int _next;                          // of the plan
    private bool _hasGivenUp;       // it keeps nothing any more
    private long _inFlightCost;                 // of writes, as they will be kept
    private long _acknowledged, _flushed;       // writes, where they are not kept

    private bool Keeps => !_hasGivenUp && core.KeepsWrites;

    /// <summary>Why this and every later flush fails; <see cref="IoError.None"/> while none must.</summary>
    public IoError FlushError { get; private set; }

    /// <summary>True if something would be lost with the server.</summary>
    public bool HasUnflushed => !_kept.IsEmpty || _acknowledged > _flushed;

    /// <summary>How far the replay has come, in requests.</summary>
    public int Replayed => _next;

    public bool IsReplayed => _next == _plan.Count && _replaying.Count == 0;

    public static bool IsChange(NbdRequest request) => request.Command is NbdCommand.Write or NbdCommand.WriteZeroes or NbdCommand.Trim;

    /// <summary>A request is sent.</summary>
    public void Sent(NbdRequest request)
    {
        if (request.Command == NbdCommand.Flush)
            request.Mark = Keeps ? _kept.End : _acknowledged;
        if (request.Origin == RequestOrigin.Caller && IsChange(request))
            _inFlightCost += UnflushedWrites.CostOf(request.Command, request.Length);
    }

    /// <summary>A request that was sent is in flight no longer.</summary>
    public void Returned(NbdRequest request)
    {
        if (request.Origin == RequestOrigin.Caller && IsChange(request))
            _inFlightCost -= UnflushedWrites.CostOf(request.Command, request.Length);
    }

    /// <summary>A request of a caller succeeded.</summary>
    public void Acknowledged(NbdRequest request)
    {
        if (!IsChange(request))
            return;
        // What was trimmed may be anything, and what was forced is on the medium. But kept writes beneath must not come back over them.
        var isStable = (request.Flags & CommandFlags.Fua) != 0;
        var isSafe = isStable || request.Command == NbdCommand.Trim;
        if (!Keeps)
            _acknowledged += isSafe ? 0 : 1;
        else if (isSafe && _kept.IsEmpty)
            return;
        else if (isStable)
            _kept.AddStable(request.Offset, request.Length);
        else
            _kept.Add(request.Command, request.Flags, request.Offset, request.Length, request.Memory.Span);
    }

    /// <summary>A flush is over.</summary>
    /// <returns>What its caller is told.</returns>
    public IoError Flushed(NbdRequest request, IoError error)
    {
        if (error != IoError.None && HasUnflushed)
            Lose(error, "a flush failed");
        if (FlushError != IoError.None)
            return FlushError;
        if (error == IoError.None && Keeps)
            _kept.DropBefore(request.Mark);
        else if (error == IoError.None)
            _flushed = Math.Max(_flushed, request.Mark);
        return error;
    }

    /// <summary>True if a request can be sent, and what it writes be kept.</summary>
    public bool Fits(NbdRequest request)
    {
        if (!Keeps || !IsChange(request))
            return true;
        var before = _kept.Bytes + _inFlightCost;
        return before == 0 || before + UnflushedWrites.CostOf(request.Command, request.Length) <= core.Options.UnflushedLimit;
    }

    /// <summary>True if the device should flush by itself, so that more can be kept.</summary>
    /// <param name="isFull">True if something waits for that.</param>
    public bool WantsFlush(bool isFull) => !_kept.IsEmpty && (isFull || _kept.Bytes >= core.Options.UnflushedLimit / 2);

    /// <summary>There is a new session: what is kept is to be written again, before anything else.</summary>
    public void BeginReplay()
    {
        (_plan, _next) = (_kept.Plan(), 0);
        if (_plan.Count > 0)
            log.Info("{0}: writing {1} bytes again that were not flushed", core.Name, _kept.Bytes);
    }

    /// <summary>The next write of the replay, as a request; null while it must wait for others, and at the end.</summary>
    /// <remarks>In order where they overlap; the server may do the others as it likes.</remarks>
    public NbdRequest? NextReplay()
    {
        if (_next == _plan.Count || IsBehind(_plan[_next]))
            return null;
        var write = _plan[_next++];
        var request = core.Take();
        request.Reset(write.Command, write.Flags, write.Offset, write.Length, write.Data, RequestOrigin.Replay);
        _replaying.Add(request);
        return request;
    }

    /// <summary>The server answered a write of the replay.</summary>
    public void EndReplay(NbdRequest request, IoError error)
    {
        _replaying.Remove(request);
        if (error == IoError.None || FlushError != IoError.None)
            return;
        Lose(IoError.Io, $"what was not flushed could not be written again ({error})");
        _next = _plan.Count;
    }

    /// <summary>The server is lost, and its cache may be.</summary>
    public void ServerLost()
    {
        _replaying.Clear();
        if (_acknowledged > _flushed && core.Terms.Has(TransmissionFlags.SendFlush) && FlushError == IoError.None)
            Lose(IoError.Io, "the server was lost and may have been restarted, and nothing was kept to write it again");
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

    // Once and for all: that a later flush succeeds says nothing of what was lost.
    private void Lose(IoError error, string reason)
    {
        (FlushError, _hasGivenUp) = (error, true);
        _kept.DropBefore(_kept.End);
        log.Error("{0}: writes that were acknowledged may be lost: {1}. Every flush of this device fails from now on.", core.Name, reason);
    }
}
