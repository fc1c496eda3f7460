using Akka.Event;
using Kcopyd.Actors.Nbd.Protocol;

namespace Kcopyd.Actors.Nbd.Client;

/// <summary>
/// Tracks the writes that the server has acknowledged and may lose: keeps them until they are flushed, writes them again to a restarted server, and decides
/// whether a flush can still succeed. Used by the device's actor only.
/// </summary>
internal sealed class UnflushedLedger(NbdClientCore core, ILoggingAdapter log)
{
    private readonly UnflushedWrites _kept = new();
    private readonly List<NbdRequest> _replaying = [];
    private List<UnflushedWrites.Entry> _plan = [];
    private int _next;                          // index in the plan
    private bool _hasGivenUp;                   // keeps no more writes
    private long _inFlightCost;                 // of writes, once they are kept
    private long _acknowledged, _flushed;       // counts of writes, if they are not kept

    private bool Keeps => !_hasGivenUp && core.KeepsWrites;

    /// <summary>Why this and every later flush fails; <see cref="IoError.None"/> while flushes can succeed.</summary>
    public IoError FlushError { get; private set; }

    /// <summary>True if writes would be lost with the server.</summary>
    public bool HasUnflushed => !_kept.IsEmpty || _acknowledged > _flushed;

    /// <summary>Number of requests of the replay so far.</summary>
    public int Replayed => _next;

    public bool IsReplayed => _next == _plan.Count && _replaying.Count == 0;

    public static bool IsChange(NbdRequest request) => request.Command is NbdCommand.Write or NbdCommand.WriteZeroes or NbdCommand.Trim;

    /// <summary>Records that a request is sent.</summary>
    public void Sent(NbdRequest request)
    {
        if (request.Command == NbdCommand.Flush)
            request.Mark = Keeps ? _kept.End : _acknowledged;
        if (request.Origin == RequestOrigin.Caller && IsChange(request))
            _inFlightCost += UnflushedWrites.CostOf(request.Command, request.Length);
    }

    /// <summary>Records that a request is no longer in flight.</summary>
    public void Returned(NbdRequest request)
    {
        if (request.Origin == RequestOrigin.Caller && IsChange(request))
            _inFlightCost -= UnflushedWrites.CostOf(request.Command, request.Length);
    }

    /// <summary>Records that a caller's request succeeded.</summary>
    public void Acknowledged(NbdRequest request)
    {
        if (!IsChange(request))
            return;
        // Trimmed data may be anything, and forced writes are on the medium. But older kept writes must not overwrite them again.
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

    /// <summary>Records the end of a flush.</summary>
    /// <returns>The result for its caller.</returns>
    public IoError Flushed(NbdRequest request, IoError error)
    {
        if (error != IoError.None && HasUnflushed)
            RecordLoss(error, "a flush failed");
        if (FlushError != IoError.None)
            return FlushError;
        if (error == IoError.None && Keeps)
            _kept.DropBefore(request.Mark);
        else if (error == IoError.None)
            _flushed = Math.Max(_flushed, request.Mark);
        return error;
    }

    /// <summary>Returns true if a request can be sent and its write kept.</summary>
    public bool Fits(NbdRequest request)
    {
        if (!Keeps || !IsChange(request))
            return true;
        var before = _kept.Bytes + _inFlightCost;
        return before == 0 || before + UnflushedWrites.CostOf(request.Command, request.Length) <= core.Options.UnflushedLimit;
    }

    /// <summary>Returns true if the device should flush automatically, so that more can be kept.</summary>
    /// <param name="isFull">True if a request waits for that.</param>
    public bool WantsFlush(bool isFull) => !_kept.IsEmpty && (isFull || _kept.Bytes >= core.Options.UnflushedLimit / 2);

    /// <summary>Plans the replay in a new session: the kept writes are written again, before anything else.</summary>
    public void BeginReplay()
    {
        (_plan, _next) = (_kept.Plan(), 0);
        if (_plan.Count > 0)
            log.Info("{0}: writing {1} unflushed bytes again", core.Name, _kept.Bytes);
    }

    /// <summary>Returns the next write of the replay as a request; null while it must wait for others, and at the end.</summary>
    /// <remarks>Overlapping writes stay in order; the server may execute the others in any order.</remarks>
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

    /// <summary>Records the server's answer to a write of the replay.</summary>
    public void EndReplay(NbdRequest request, IoError error)
    {
        _replaying.Remove(request);
        if (error == IoError.None || FlushError != IoError.None)
            return;
        RecordLoss(IoError.Io, $"unflushed writes could not be written again ({error})");
        _next = _plan.Count;
    }

    /// <summary>Records the loss of the server, and possibly of its cache.</summary>
    public void ServerLost()
    {
        _replaying.Clear();
        if (_acknowledged > _flushed && core.Terms.Has(TransmissionFlags.SendFlush) && FlushError == IoError.None)
            RecordLoss(IoError.Io, "the server was lost and may have been restarted, and no writes were kept to be written again");
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

    // Permanent: the success of a later flush says nothing about the lost writes.
    private void RecordLoss(IoError error, string reason)
    {
        (FlushError, _hasGivenUp) = (error, true);
        _kept.DropBefore(_kept.End);
        log.Error("{0}: writes that were acknowledged may be lost: {1}. Every flush of this device fails from now on.", core.Name, reason);
    }
}
