namespace Kcopyd.Actors.Nbd.Client;

/// <summary>The requests of one connection that wait for an answer, by cookie. Used by the device's actor only. Allocates nothing for a request.</summary>
internal sealed class RequestTable
{
    private readonly NbdRequest?[] _requests;
    private readonly uint[] _turns;     // uses of each slot: an old cookie never matches a new request
    private readonly int[] _free;       // the first Room entries
    private long _active = long.MaxValue;

    public RequestTable(int size)
    {
        (_requests, _turns, _free) = (new NbdRequest?[size], new uint[size], new int[size]);
        for (Room = 0; Room < size; Room++)
            _free[Room] = size - 1 - Room;
    }

    /// <summary>Number of requests that can be added.</summary>
    public int Room { get; private set; }

    /// <summary>Number of requests that wait.</summary>
    public int Count => _requests.Length - Room;

    /// <summary>The number of the latest request that was added.</summary>
    public long Latest { get; private set; }

    /// <returns>The cookie that the server returns with its answer.</returns>
    public ulong Add(NbdRequest request)
    {
        Latest = request.Number;
        var slot = request.Slot = _free[--Room];
        _requests[slot] = request;
        return (ulong)++_turns[slot] << 32 | (uint)slot;
    }

    /// <summary>Returns the request of a cookie; null if none waits.</summary>
    public NbdRequest? Find(ulong cookie)
    {
        var slot = (uint)cookie;
        return slot < (uint)_requests.Length && _requests[slot] is { } request && _turns[slot] == cookie >> 32 ? request : null;
    }

    /// <summary>Removes a request: its cookie is no longer valid.</summary>
    public void Remove(NbdRequest request)
    {
        _requests[request.Slot] = null;
        _free[Room++] = request.Slot;
    }

    /// <summary>Removes and returns any request; null if none waits.</summary>
    public NbdRequest? TakeAny()
    {
        if (Count == 0)
            return null;
        var taken = Array.Find(_requests, static request => request is not null)!;
        Remove(taken);
        return taken;
    }

    /// <summary>Records that the server and the path to it are working on a request.</summary>
    public void RecordActivity(NbdRequest request) => _active = Math.Min(_active, request.Number);

    /// <summary>Returns the smallest number of the requests with activity since the last call.</summary>
    public long TakeActivity()
    {
        var active = _active;
        _active = long.MaxValue;
        return active;
    }

    /// <summary>Returns the oldest waiting request, among the long ones or among the others; null if there is none.</summary>
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
