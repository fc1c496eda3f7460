using Kcopyd.Actors.Messaging;

namespace Kcopyd.Actors.Mirrors;

/// <summary>The writes that wait for a record of the log. Used by the mirror's actor only.</summary>
internal sealed class LogQueue
{
    public LinkedQueue<MirrorWrite> Writes;
}

/// <summary>Records changes in the log, one record at a time: all that were made since the last one share the next. Used by the mirror's actor
/// only.</summary>
internal sealed class MirrorLogWriter
{
    private readonly IMirrorLog _log;
    private readonly MirrorLegs _legs;
    private readonly MirrorRegions _regions;
    private readonly MirrorWrites _writes;
    private readonly LogQueue _queue;
    private readonly MirrorNews _news;
    private readonly Action<IoError> _ended;
    private LinkedQueue<MirrorWrite> _inFlight;
    private Action<IoError>? _wanted, _recording;
    private bool _mustFlush;
    private int _legChanges;

    public MirrorLogWriter(IMirrorLog log, MirrorLegs legs, MirrorRegions regions, MirrorWrites writes, LogQueue queue, MirrorNews news)
    {
        (_log, _legs, _regions, _writes, _queue, _news) = (log, legs, regions, writes, queue, news);
        _ended = Ended;
    }

    public bool IsBusy { get; private set; }

    /// <summary>True while nothing is being recorded or waits to be.</summary>
    public bool IsIdle => !IsBusy && _wanted is null && _queue.Writes.IsEmpty;

    /// <summary>True once a record has failed, until one succeeds.</summary>
    public bool HasFailed { get; private set; }

    /// <summary>Records written since the mirror was opened.</summary>
    public long Records { get; private set; }

    /// <summary>Has the current state recorded for the mirror itself. One such record at a time.</summary>
    /// <param name="flush">True if it must be on stable storage.</param>
    /// <param name="ended">Receives the result.</param>
    public void Record(bool flush, Action<IoError> ended) => (_wanted, _mustFlush) = (ended, flush);

    /// <summary>Starts the next record, if one is wanted.</summary>
    public void Continue()
    {
        while (!IsBusy && (_wanted is not null || !_queue.Writes.IsEmpty))
        {
            IsBusy = true;
            var flush = _mustFlush || !_queue.Writes.IsEmpty || _legs.AreUnrecorded;
            _inFlight = _queue.Writes;
            _queue.Writes = default;
            (_recording, _wanted, _mustFlush) = (_wanted, null, false);
            _legChanges = _legs.Changes;
            _regions.BeginRecord();
            Records++;
            _log.Record(_regions.Clean, _legs.Label(), flush, _ended);
        }
    }

    private void Ended(IoError error)
    {
        IsBusy = false;
        _regions.EndRecord(error == IoError.None);
        if (error == IoError.None)
            _legs.Recorded(_legChanges);
        else if (!HasFailed)
            _news.LogFailed(_log.Device!, error);
        HasFailed = error != IoError.None;
        var (waited, came, recorded) = (_inFlight, _queue.Writes, _recording);
        (_inFlight, _queue.Writes, _recording) = (default, default, null);
        while (waited.TryTake(out var write))
            _writes.Recorded(write, error);
        // Those that came in the meantime may need no record of their own.
        while (came.TryTake(out var write))
        {
            if (error == IoError.None)
                _writes.Recorded(write, IoError.None);
            else
                _queue.Writes.Add(write);
        }
        recorded?.Invoke(error);
    }
}
