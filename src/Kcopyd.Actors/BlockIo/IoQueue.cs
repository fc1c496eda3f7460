using System.Diagnostics.CodeAnalysis;

namespace Kcopyd.Actors.BlockIo;

/// <summary>I/Os that wait, first in, first out, linked through themselves: waiting allocates nothing. An I/O waits in one queue at most.</summary>
internal struct IoQueue
{
    private DeviceIo? _first, _last;

    public readonly bool IsEmpty => _first is null;

    public void Add(DeviceIo io)
    {
        io.NextWaiting = null;
        if (_last is null)
            _first = io;
        else
            _last.NextWaiting = io;
        _last = io;
    }

    /// <summary>Takes all of them, linked: as the message that gives them back.</summary>
    public DeviceIo? TakeAll()
    {
        var first = _first;
        _first = _last = null;
        return first;
    }

    public bool TryTake([NotNullWhen(true)] out DeviceIo? io)
    {
        io = _first;
        if (io is null)
            return false;
        _first = io.NextWaiting;
        if (_first is null)
            _last = null;
        io.NextWaiting = null;
        return true;
    }
}
