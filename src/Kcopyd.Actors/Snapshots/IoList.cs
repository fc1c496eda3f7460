namespace Kcopyd.Actors.Snapshots;

/// <summary>I/Os in flight, linked through themselves: in and out costs nothing.</summary>
internal sealed class IoList
{
    private SnapshotIo? _first;

    public void Add(SnapshotIo io)
    {
        (io.Before, io.After) = (null, _first);
        if (_first is not null)
            _first.Before = io;
        _first = io;
    }

    public void Remove(SnapshotIo io)
    {
        if (io.Before is null)
            _first = io.After;
        else
            io.Before.After = io.After;
        if (io.After is not null)
            io.After.Before = io.Before;
        (io.Before, io.After) = (null, null);
    }

    /// <summary>One that touches a range of the origin (bytes); null if none does.</summary>
    public SnapshotIo? Touching(long offset, long length)
    {
        for (var io = _first; io is not null; io = io.After)
        {
            if (io.Overlaps(offset, length))
                return io;
        }
        return null;
    }
}
