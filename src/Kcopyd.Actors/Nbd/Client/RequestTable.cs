namespace Kcopyd.Actors.Nbd.Client;

/// <summary>The requests of one connection that wait for an answer, by cookie. Used by the device's actor only. Allocates nothing for a request.</summary>
internal sealed class RequestTable
{
    private readonly NbdRequest?[] _requests;
    private readonly uint[] _turns;     // how often a slot was used: an old cookie is not a new one
    private readonly int[] _free;       // the first Room of them
    private long _heard = long.MaxValue;

    public RequestTable(int size)
    {
        (_requests, _turns, _free) = (new NbdRequest?[size], new uint[size], new int[size]);
        for (Room = 0; Room < size; Room++)
            _free[Room] = size - 1 - Room;
    }

    /// <summary>Requests that can be added.</summary>
    public int Room { get; private set; }

    /// <summary>Requests that wait.</summary>
    public int Count => _requests.Length - Room;

    /// <summary>The number of the latest request that was added.</summary>
    public long Latest { get; private set; }

    /// <returns>The cookie by which the server answers it.</returns>
    public ulong Add(NbdRequest request)
    {
        Latest = request.Number;
        var slot = request.Slot = _free[--Room];
        _requests[slot] = request;
        return (ulong)++_turns[slot] << 32 | (uint)slot;
    }

    /// <summary>The request of a cookie; null if none waits under it.</summary>
    public NbdRequest? Find(ulong cookie)
    {
        var slot = (uint)cookie;
        return slot < (uint)_requests.Length && _requests[slot] is { } request && _turns[slot] == cookie >> 32 ? request : null;
    }

    /// <summary>The request waits no longer: its cookie means nothing any more.</summary>
    public void Remove(NbdRequest request)
    {
        _requests[request.Slot] = null;
        _free[Room++] = request.Slot;
    }

    /// <summary>Removes any request; null when none waits.</summary>
    public NbdRequest? TakeAny()
    {
        if (Count == 0)
            return null;
        var taken = Array.Find(_requests, static request => request is not null)!;
        Remove(taken);
        return taken;
    }

    /// <summary>A sign that the server, and the way to it, are at work for a request.</summary>
    public void Hear(NbdRequest request) => _heard = Math.Min(_heard, request.Number);

    /// <summary>The smallest number of those requests of which something was heard since this was asked.</summary>
    public long TakeHeard()
    {
        var heard = _heard;
        _heard = long.MaxValue;
        return heard;
    }

    /// <summary>The oldest request that waits, of those that take long or of the others; null if there is none.</summary>
    public NbdRequest? Oldest(bool isLong)
    {
        NbdRequest? oldest = null;
        foreach (var request in _requests)
        {
            if (request is not null && request.IsLong == isLong && (oldest is null || request.Number < oldest.Number))
                oldest = request;
        }
        return oldest;
    }
}
