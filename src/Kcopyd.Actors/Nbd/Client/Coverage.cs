namespace Kcopyd.Actors.Nbd.Client;

/// <summary>Tracks which bytes of a read have arrived: each once, in any order. Allocates nothing if the server sends them in order.</summary>
internal sealed class Coverage
{
    private const int MaxPieces = 4096;     // disjoint ones: no honest server leaves that many gaps

    private readonly List<(long From, long To)> _pieces = [];   // sorted and disjoint

    public void Clear() => _pieces.Clear();

    /// <summary>Adds a range; returns false if some of it was added before, or if there are too many pieces.</summary>
    public bool TryAdd(long from, long to)
    {
        var at = _pieces.Count;
        while (at > 0 && _pieces[at - 1].From >= to)
            at--;
        if (at > 0 && _pieces[at - 1].To > from)
            return false;
        var joinsLeft = at > 0 && _pieces[at - 1].To == from;
        var joinsRight = at < _pieces.Count && _pieces[at].From == to;
        if (joinsLeft)
        {
            _pieces[at - 1] = (_pieces[at - 1].From, joinsRight ? _pieces[at].To : to);
            if (joinsRight)
                _pieces.RemoveAt(at);
        }
        else if (joinsRight)
        {
            _pieces[at] = (from, _pieces[at].To);
        }
        else
        {
            if (_pieces.Count == MaxPieces)
                return false;
            _pieces.Insert(at, (from, to));
        }
        return true;
    }

    /// <summary>Returns true if the whole range has arrived.</summary>
    public bool Is(long from, long to) => from == to || _pieces.Count == 1 && _pieces[0] == (from, to);
}
