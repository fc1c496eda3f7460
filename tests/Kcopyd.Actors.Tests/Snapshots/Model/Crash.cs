namespace Kcopyd.Actors.Tests.Snapshots.Model;

/// <summary>Replays the time of one disk, and builds what a power cut at that time leaves of it.</summary>
internal sealed class Crash(DiskWrites disk)
{
    private readonly byte[] _medium = (byte[])disk.Original.Clone();
    private readonly DiskWrite[] _byIssue = [.. disk.Writes.OrderBy(static io => io.Issued)];
    private readonly DiskWrite[] _byDurability =
        [.. disk.Writes.Where(static io => io.Durable != int.MaxValue).OrderBy(static io => io.Durable).ThenBy(static io => io.Done)];
    private readonly List<DiskWrite> _cached = [];
    private int _issued, _durable;

    /// <summary>Sectors that may or may not be on the medium, each with the write that would put it there.</summary>
    public List<(DiskWrite Write, int Sector)> Uncertain { get; } = [];

    /// <summary>Advances to a time.</summary>
    public void To(int time)
    {
        for (; _issued < _byIssue.Length && _byIssue[_issued].Issued <= time; _issued++)
            _cached.Add(_byIssue[_issued]);
        for (; _durable < _byDurability.Length && _byDurability[_durable].Durable <= time; _durable++)
        {
            var io = _byDurability[_durable];
            io.Data.CopyTo(_medium.AsSpan((int)io.Offset));
            _cached.Remove(io);
        }
        Uncertain.Clear();
        foreach (var io in _cached)
        {
            for (var i = 0; i < io.Length / Sector.Size; i++)
                Uncertain.Add((io, i));
        }
    }

    /// <summary>Builds what is left if the chosen uncertain sectors have reached the medium.</summary>
    public void Build(byte[] into, Func<int, bool> isThere)
    {
        _medium.CopyTo(into, 0);
        for (var i = 0; i < Uncertain.Count; i++)
        {
            var (write, sector) = Uncertain[i];
            if (isThere(i))
                write.Data.AsSpan(sector * Sector.Size, Sector.Size).CopyTo(into.AsSpan((int)write.Offset + sector * Sector.Size));
        }
    }

    /// <summary>A write that is not durable yet; null if there is none.</summary>
    public DiskWrite? AnyOf(Random random) => _cached.Count == 0 ? null : _cached[random.Next(_cached.Count)];
}
