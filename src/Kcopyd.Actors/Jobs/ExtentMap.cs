namespace Kcopyd.Actors.Jobs;

/// <summary>
/// A few runs of a job's source ahead of where it is, data and holes in turn, from <see cref="Start"/> to <see cref="End"/>: bytes from
/// the start of the region. A reader fills it, the client cuts sub-jobs by it.
/// </summary>
internal sealed class ExtentMap
{
    /// <summary>Bytes; smaller holes are read, on no file system are they holes.</summary>
    public const int LeastHole = 4096;

    /// <summary>Runs that are looked for at once. Each batch costs the job a round through a reader, in which it starts nothing new.</summary>
    private const int Most = 256;

    private readonly (long End, bool IsZero)[] _runs = new (long, bool)[Most];
    private int _count;
    private int _at;
    private int _asked;
    private long _length;
    private int _unit;

    public long Start { get; private set; }

    /// <summary>Up to here the source is known.</summary>
    public long End { get; private set; }

    /// <summary>Where the device is asked next. From <see cref="End"/> to here is data, which may go on.</summary>
    public long Position { get; private set; }

    /// <summary>Bytes that are not looked at.</summary>
    public long Remaining => _length - Position;

    /// <summary>Begins anew.</summary>
    /// <param name="start">Bytes from the start of the region, a multiple of the unit.</param>
    /// <param name="length">Bytes of the region.</param>
    /// <param name="unit">Holes are cut to multiples of it: what else is in such a block is read.</param>
    public void Begin(long start, long length, int unit)
    {
        Start = End = Position = start;
        (_length, _unit) = (length, unit);
        _count = _at = _asked = 0;
    }

    /// <summary>Takes what the device says of <see cref="Position"/>.</summary>
    /// <returns>False if it is enough.</returns>
    public bool Add(long length, bool isZero)
    {
        if (length <= 0 || length > Remaining)
            (length, isZero) = (Remaining, false);  // nothing that a device may say: what is read is right anyway
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
        if (Remaining > 0 && ++_asked < Most && _count < Most - 2)
            return true;
        // The data behind the last hole, and of holes that are too small to be cut, at least one unit: the job gets on.
        Append(Remaining == 0 ? _length : Math.Min(_length, Math.Max(RoundDown(Position), Start + _unit)), isZero: false);
        return false;
    }

    /// <summary>The run that an offset between <see cref="Start"/> and <see cref="End"/> is in; offsets only grow.</summary>
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
