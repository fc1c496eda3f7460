namespace Kcopyd.Actors.Nbd.Server;

/// <summary>The requests of a connection that are not answered, and their pieces: taken from here, counted, and given back to be used again.
/// Used by the connection's actor only.</summary>
/// <remarks>Invariant: the memory of a piece that is given back is returned before, or with it.</remarks>
internal sealed class ActiveRequests(ConnectionMemory memory)
{
    private readonly Stack<ServerRequest> _freeRequests = new();
    private readonly Stack<RequestIo> _freeIos = new();
    private readonly List<RequestIo> _allIos = [];      // that were ever made
    private long _added;        // pieces

    /// <summary>Requests that are not answered.</summary>
    public int Count { get; private set; }

    /// <summary>Pieces in the device.</summary>
    public int InDevice { get; private set; }

    /// <summary>One more request, to be prepared.</summary>
    public ServerRequest Add()
    {
        Count++;
        return _freeRequests.TryPop(out var request) ? request : new ServerRequest();
    }

    /// <summary>One more piece of a request; the request counts it.</summary>
    public RequestIo AddPiece(ServerRequest request)
    {
        if (!_freeIos.TryPop(out var io))
        {
            io = new RequestIo();
            _allIos.Add(io);
        }
        request.Pieces++;
        (io.Request, io.Number, io.Error) = (request, ++_added, default);
        return io;
    }

    /// <summary>A piece goes to the device.</summary>
    public void Enter(RequestIo io)
    {
        InDevice++;
        io.IsInDevice = true;
    }

    /// <summary>The device has completed a piece.</summary>
    public void Leave(RequestIo io)
    {
        InDevice--;
        io.IsInDevice = false;
    }

    /// <summary>Gives back a piece whose memory has another owner by now, or that has none.</summary>
    /// <returns>True if it is the last of its request.</returns>
    public bool Release(RequestIo io)
    {
        var request = io.Request;
        (io.Request, io.Block, io.Memory) = (null!, default, default);
        _freeIos.Push(io);
        return --request.Pieces == 0 && request.IsBegun;
    }

    /// <summary>Gives back a request, which has no pieces.</summary>
    public void Release(ServerRequest request)
    {
        Count--;
        _freeRequests.Push(request);
    }

    /// <summary>Gives back a piece of a request that nobody waits for, its memory, and with the last of them the request.</summary>
    public void Drop(RequestIo io)
    {
        var request = io.Request;
        memory.Return(io.Block);
        if (Release(io) || (request.Pieces == 0 && request.IsAbandoned))
            Release(request);
    }

    /// <summary>What is in the device, by its oldest request, for people. There must be something.</summary>
    public string DescribeOldest()
    {
        var inDevice = _allIos.Where(static io => io.IsInDevice).ToList();
        var request = inDevice.MinBy(static io => io.Number)!.Request;
        var requests = inDevice.Select(static io => io.Request).Distinct().Count();
        var what = request.Command == Protocol.NbdCommand.Flush ? "a flush" : $"{request.Command} of {request.Length} bytes at {request.Offset}";
        return requests == 1 ? what : $"{requests} requests, of which the oldest is {what}";
    }
}
