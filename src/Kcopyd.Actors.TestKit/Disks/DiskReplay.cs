namespace Kcopyd.Actors.TestKit.Disks;

/// <summary>
/// Replays the events of one disk: what is certainly on its medium, and which sectors are in doubt. An event costs what it touches, so that a replay from the
/// beginning to the end is linear.
/// </summary>
internal sealed class DiskReplay(LoggedDisk disk, PowerCutOptions options)
{
    private readonly SparseBytes _medium = disk.Original.Clone();
    private readonly Dictionary<long, UncertainSector> _byNumber = [];  // only looked up: its order does not matter
    private readonly Dictionary<LoggedIo, CachedWrite> _byIo = [];
    private bool _hasUnused;

    public LoggedDisk Disk => disk;

    /// <summary>What a power cut leaves: the certain content, and what <see cref="Render"/> has shown.</summary>
    public SparseBytes Image { get; } = disk.Original.Clone();

    /// <summary>The sectors in doubt, in an order that depends on the events only.</summary>
    public List<UncertainSector> Sectors { get; } = [];

    /// <summary>The writes that may be missing in some sector, in the order in which the disk carries them out; those in flight last.</summary>
    public List<CachedWrite> Writes { get; } = [];

    public void Apply(LogEvent happened)
    {
        if (happened.Kind == LogEventKind.Issued)
        {
            Issue(new CachedWrite(happened.Io, happened.Reach));
            return;
        }
        if (!_byIo.TryGetValue(happened.Io, out var write))
            return;             // nothing of it is in doubt anymore
        switch (happened.Kind)
        {
            case LogEventKind.Completed:
                Complete(write, write.Io.Kind == DiskIoKind.Discard && options.Discards != DiscardOutcome.Zeroes ? CachedState.Free : CachedState.Held);
                break;
            case LogEventKind.Failed:
                Complete(write, CachedState.Free);
                break;
            case LogEventKind.Doomed when write.State == CachedState.Held:
                write.State = CachedState.Free;
                ForSectors(write, static (_, sector) => sector.Changed());
                break;
            case LogEventKind.Durable when write.State == CachedState.Held:
                MakeDurable(write);
                break;
        }
    }

    /// <summary>Forgets the writes that are no longer in doubt, after all events of a time.</summary>
    public void EndTime()
    {
        if (!_hasUnused)
            return;
        _hasUnused = false;
        Writes.RemoveAll(write => write.Uses == 0 && _byIo.Remove(write.Io));
    }

    /// <summary>Brings a sector of the image up to date with what it shows.</summary>
    public void Render(UncertainSector sector)
    {
        var shown = sector.Shown;
        var key = shown.Count == 0 ? 0 : shown.Count == 1 && !shown[0].IsGarbage && shown[0].Write.Covers(sector) ? shown[0].Write.Io.Number : -1;
        if (key >= 0 && key == sector.ShownKey)
            return;
        sector.ShownKey = key;
        var bytes = Image.At(sector.Start, sector.Length);
        if (key <= 0)
            _medium.Read(sector.Start, bytes);
        for (var i = shown.Count - 1; i >= 0; i--)
            shown[i].Write.CopyTo(sector, bytes, shown[i].IsGarbage);
    }

    /// <summary>Replaces the end of a rendered sector by its oldest version: the power failed while the sector was written.</summary>
    public void Tear(UncertainSector sector, int after)
    {
        var torn = Image.At(sector.Start, sector.Length);
        var head = torn[..after].ToArray();
        var shown = sector.Shown.ToArray();
        sector.ShowOldest();
        sector.ShownKey = -1;
        Render(sector);
        head.CopyTo(torn);
        sector.Show(shown);
        sector.ShownKey = -1;
    }

    private void Issue(CachedWrite write)
    {
        Writes.Add(write);
        _byIo.Add(write.Io, write);
        for (var number = write.Start / options.AtomicUnit; number * options.AtomicUnit < write.End; number++)
        {
            if (!_byNumber.TryGetValue(number, out var sector))
            {
                var start = number * options.AtomicUnit;
                sector = new(start, Math.Min(start + options.AtomicUnit, disk.Length)) { Index = Sectors.Count };
                _byNumber.Add(number, sector);
                Sectors.Add(sector);
            }
            sector.Writes.Add(write);
            sector.Changed();
            write.Uses++;
        }
    }

    private void Complete(CachedWrite write, CachedState state)
    {
        MoveBeforeFlight(Writes, write);
        write.State = state;
        ForSectors(write, static (write, sector) =>
        {
            MoveBeforeFlight(sector.Writes, write);
            sector.Changed();
        });
    }

    // Writes are ordered by completion, and those in flight by issue.
    private static void MoveBeforeFlight(List<CachedWrite> writes, CachedWrite write)
    {
        var at = writes.LastIndexOf(write);
        var to = at;
        while (to > 0 && writes[to - 1].State == CachedState.InFlight)
            to--;
        if (to == at)
            return;
        writes.RemoveAt(at);
        writes.Insert(to, write);
    }

    private void MakeDurable(CachedWrite write)
    {
        if (options.IsOrdered)
        {
            // What an ordered disk was given before this write is on the medium, too.
            for (var i = 0; Writes[i] != write; i++)
            {
                if (Writes[i].State == CachedState.Held)
                    Settle(Writes[i]);
            }
        }
        Settle(write);
    }

    private void Settle(CachedWrite write)
    {
        write.State = CachedState.Certain;
        ForSectors(write, Settle);
    }

    // Moves to the medium what is certain in a sector, and drops what can no longer be seen.
    private void Settle(CachedWrite certain, UncertainSector sector)
    {
        var floor = sector.Writes.LastIndexOf(certain);
        for (var i = floor - 1; i >= 0; i--)
        {
            var older = sector.Writes[i];
            if (Math.Max(older.Start, sector.Start) >= certain.Start && Math.Min(older.End, sector.End) <= certain.End)
            {
                Drop(sector, i);
                floor--;
            }
        }
        var bytes = _medium.At(sector.Start, sector.Length);
        while (floor >= 0 && !sector.Writes[0].IsOptional)
        {
            sector.Writes[0].CopyTo(sector, bytes, asGarbage: false);
            Drop(sector, 0);
            floor--;
        }
        sector.Changed();
        if (sector.Writes.Count > 0)
            return;
        bytes.CopyTo(Image.At(sector.Start, sector.Length));
        _byNumber.Remove(sector.Start / options.AtomicUnit);
        Sectors[sector.Index] = Sectors[^1];
        Sectors[sector.Index].Index = sector.Index;
        Sectors.RemoveAt(Sectors.Count - 1);
    }

    private void Drop(UncertainSector sector, int index)
    {
        _hasUnused |= --sector.Writes[index].Uses == 0;
        sector.Writes.RemoveAt(index);
    }

    private void ForSectors(CachedWrite write, Action<CachedWrite, UncertainSector> action)
    {
        for (var number = write.Start / options.AtomicUnit; number * options.AtomicUnit < write.End; number++)
        {
            if (_byNumber.TryGetValue(number, out var sector) && sector.Writes.Contains(write))
                action(write, sector);
        }
    }
}
