namespace Kcopyd.Actors.Jobs;

/// <summary>
/// The next runs of a job's source, alternating between data and holes, from <see cref="Start"/> to <see cref="End"/> in bytes from the start of the region. A
/// reader fills the map; the client cuts sub-jobs along it.
/// </summary>
internal sealed class ExtentMap
{
    /// <summary>Bytes. Smaller holes are read; no file system has them.</summary>
    public const int MinHole = 4096;

    /// <summary>Runs per batch. Each batch costs the job a round trip through a reader, during which it starts no sub-jobs.</summary>
    private const int MaxRuns = 256;

    private readonly (long End, bool IsZero)[] _runs = new (long, bool)[MaxRuns];
    private int _count;
    private int _at;
    private int _asked;
    private long _length;
    private int _unit;

    public long Start { get; private set; }

    /// <summary>End of the known part of the source.</summary>
    public long End { get; private set; }

    /// <summary>Where the device is queried next. From <see cref="End"/> to here is data, which may continue.</summary>
    public long Position { get; private set; }

    /// <summary>Bytes not yet queried.</summary>
    public long Remaining => _length - Position;

    /// <summary>Resets the map.</summary>
    /// <param name="start">Bytes from the start of the region, a multiple of the unit.</param>
    /// <param name="length">Bytes of the region.</param>
    /// <param name="unit">Holes are trimmed to multiples of it; the rest of a block is read.</param>
    public void Begin(long start, long length, int unit)
    {
        Start = End = Position = start;
        (_length, _unit) = (length, unit);
        _count = _at = _asked = 0;
    }

    /// <summary>Adds what the device reports at <see cref="Position"/>.</summary>
    /// <returns>False if the batch is complete.</returns>
    public bool Add(long length, bool isZero)
    {
        if (length <= 0 || length > Remaining)
            (length, isZero) = (Remaining, false);  // an invalid answer: reading is always correct
        var (from, to) = (Position, Position + length);
        Position = to;
        if (isZero)
        {
            from = Math.Max(RoundUp(from), End);
            to = to == _length ? to : RoundDown(to);
            if (from < to)
            {
                Append(from, isZero: false);
                Append(to, isZero: true);
            }
        }
        if (Remaining > 0 && ++_asked < MaxRuns && _count < MaxRuns - 2)
            return true;
        // The data after the last hole; at least one unit if all holes are too small, so that the job makes progress.
        Append(Remaining == 0 ? _length : Math.Min(_length, Math.Max(RoundDown(Position), Start + _unit)), isZero: false);
        return false;
    }

    /// <summary>The run that contains an offset between <see cref="Start"/> and <see cref="End"/>; offsets must not decrease.</summary>
    public (long End, bool IsZero) At(long offset)
    {
        while (_runs[_at].End <= offset)
            _at++;
        return _runs[_at];
    }

    private void Append(long end, bool isZero)
    {
        if (end <= End)
            return;
        if (_count > 0 && _runs[_count - 1].IsZero == isZero)
            _count--;
        _runs[_count++] = (end, isZero);
        End = end;
    }

    private long RoundUp(long offset) => RoundDown(offset + _unit - 1);

    private long RoundDown(long offset) => offset & -(long)_unit;
}
