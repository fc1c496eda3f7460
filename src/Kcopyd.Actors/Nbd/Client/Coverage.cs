namespace Kcopyd.Actors.Nbd.Client;

/// <summary>Which bytes of a read have come: each once, in any order. Allocates nothing for a server that sends them in order.</summary>
internal sealed class Coverage
{
    private const int MostPieces = 4096;    // that do not touch: no honest server leaves so many holes open

    private readonly List<(long From, long To)> _pieces = [];   // sorted, apart from each other

    public void Clear() => _pieces.Clear();

    /// <summary>Adds a range; false if some of it was there before, or if there are too many pieces.</summary>
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
            if (_pieces.Count == MostPieces)
                return false;
            _pieces.Insert(at, (from, to));
        }
        return true;
    }

    /// <summary>True if the whole range has come.</summary>
    public bool Is(long from, long to) => from == to || _pieces.Count == 1 && _pieces[0] == (from, to);
}
