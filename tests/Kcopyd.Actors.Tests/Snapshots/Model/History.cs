namespace Kcopyd.Actors.Tests.Snapshots.Model;

/// <summary>One write, from the view of one sector.</summary>
internal sealed class SectorWrite(int writer, int issued)
{
    public int Writer => writer;

    public int Issued { get; set; } = issued;

    /// <summary>When it was answered; everything issued later comes after it.</summary>
    public int Ended { get; set; } = int.MaxValue;

    /// <summary>Reads that begin later must see it until something else is written. Otherwise they may see it.</summary>
    public bool IsCertain { get; set; }

    /// <summary>The time from which it must survive a power cut.</summary>
    public int Durable { get; set; } = int.MaxValue;
}

/// <summary>
/// The reference model of a device: the writes to each sector, and thus what a read may show and a power cut may leave. Writes that were in flight together
/// may take effect in either order.
/// </summary>
internal sealed class History(int sectors)
{
    private readonly List<SectorWrite>[] _sectors = [.. Enumerable.Range(0, sectors).Select(static _ => new List<SectorWrite>())];
    private readonly int[] _frozen = [.. Enumerable.Repeat(-1, sectors)];
    private readonly int[] _before = new int[sectors];       // writes to the origin before it was frozen
    private readonly List<SectorWrite> _volatile = [];
    private int _frozenAt = -1;

    public int Sectors => _sectors.Length;

    /// <summary>A device with the given content, all of it on the medium.</summary>
    public static History Of(Func<int, int> writer, int sectors, int now = 0)
    {
        var history = new History(sectors);
        for (var i = 0; i < sectors; i++)
            history._sectors[i].Add(new SectorWrite(writer(i), now) { Ended = now, IsCertain = true, Durable = now });
        return history;
    }

    /// <summary>What a snapshot taken now shows: exactly what the origin holds; after a power cut, what the origin may hold then.</summary>
    public History Freeze(Func<int, int> writer, int now)
    {
        var frozen = new History(Sectors) { _frozenAt = now };
        for (var i = 0; i < Sectors; i++)
        {
            // Writes that are answered, or done and not answered yet; not those that wait for the snapshot.
            frozen._frozen[i] = writer(i);
            frozen._sectors[i].AddRange(_sectors[i].Where(write => write.Ended != int.MaxValue || write.Writer == frozen._frozen[i]));
            frozen._before[i] = frozen._sectors[i].Count;
        }
        return frozen;
    }

    /// <summary>From now on the sector shows this, and nothing earlier.</summary>
    public void Reset(int sector, int writer, int now)
    {
        _sectors[sector].Clear();
        _before[sector] = 0;
        _sectors[sector].Add(new SectorWrite(writer, now) { Ended = now, IsCertain = true, Durable = now });
    }

    public void Add(int sector, SectorWrite write)
    {
        _sectors[sector].Add(write);
        if (write.Durable == int.MaxValue)
            _volatile.Add(write);
    }

    /// <summary>A flush that was issued at that time has succeeded.</summary>
    public void Flushed(int issued, int now)
    {
        foreach (var write in _volatile)
        {
            if (write.Ended < issued && write.IsCertain)
                write.Durable = Math.Min(write.Durable, now);
        }
        _volatile.RemoveAll(static write => write.Durable != int.MaxValue);
    }

    /// <summary>True if a read that was issued at that time and ends now may show this.</summary>
    public bool Shows(int sector, int writer, int issued)
    {
        var writes = _sectors[sector];
        for (var i = 0; i < writes.Count; i++)
        {
            var found = writes[i];
            if (found.Writer != writer || (i < _before[sector] && writer != _frozen[sector]))
                continue;
            if (!writes.Exists(later => later.IsCertain && later.Ended < issued && later.Issued > found.Ended))
                return true;
        }
        return false;
    }

    /// <summary>True if a power cut at that time may leave this.</summary>
    public bool Survives(int sector, int writer, long time)
    {
        var writes = _sectors[sector];
        foreach (var write in writes)
        {
            if (write.Writer == writer && write.Issued <= time && !writes.Exists(later => later.Durable <= time && later.Issued > write.Ended))
                return true;
        }
        return false;
    }

    public string Tell(int sector) => string.Join(", ", _sectors[sector].Select(static write =>
        $"{write.Writer}@{write.Issued}-{(write.Ended == int.MaxValue ? "" : write.Ended)}{(write.IsCertain ? "" : "?")}"
        + (write.Durable == int.MaxValue ? "" : $" durable {write.Durable}")))
        + (_frozenAt < 0 ? "" : $"; frozen {_frozen[sector]}@{_frozenAt}");
}
