using System.Numerics;

namespace Kcopyd.Actors.TestKit.Checking;

/// <summary>
/// The operations that the search has linearized: completed ones numbered by their calls, open ones numbered separately. Completed operations are linearized
/// nearly in the order of their calls, so only the words between the first gap and the last member identify the set: a snapshot has a few words, however long
/// the history is.
/// </summary>
internal sealed class LinearizedSet(int completed, int open)
{
    private readonly ulong[] _completed = new ulong[(completed + 63) / 64];
    private readonly ulong[] _open = new ulong[(open + 63) / 64];
    private int _full; // words of _completed that are full
    private int _count;
    private int _openCount;

    public void Flip(int index, bool isOpen)
    {
        var words = isOpen ? _open : _completed;
        var bit = 1UL << (index & 63);
        words[index >> 6] ^= bit;
        var change = (words[index >> 6] & bit) != 0 ? 1 : -1;
        if (isOpen)
        {
            _openCount += change;
            return;
        }
        _count += change;
        if (change < 0)
            _full = Math.Min(_full, index >> 6);
        else
            while (_full < _completed.Length && _completed[_full] == ulong.MaxValue)
                _full++;
    }

    public ulong[] Snapshot()
    {
        var end = _full;
        for (var missing = _count - _full * 64; missing > 0; end++)
            missing -= BitOperations.PopCount(_completed[end]);
        var window = end - _full;
        var snapshot = new ulong[1 + window + (_openCount == 0 ? 0 : _open.Length)];
        snapshot[0] = (uint)_full | (ulong)window << 32;
        _completed.AsSpan(_full, window).CopyTo(snapshot.AsSpan(1));
        if (_openCount > 0)
            _open.CopyTo(snapshot, 1 + window);
        return snapshot;
    }
}
