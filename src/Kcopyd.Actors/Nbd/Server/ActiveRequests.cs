namespace Kcopyd.Actors.Nbd.Server;

/// <summary>The outstanding requests of a connection, and their pieces: counts them, and recycles both. Used by the connection's actor only.</summary>
/// <remarks>Invariant: the memory of a piece is returned before the piece is released, or together with it.</remarks>
internal sealed class ActiveRequests(ConnectionMemory memory)
{
    private readonly Stack<ServerRequest> _freeRequests = new();
    private readonly Stack<RequestIo> _freeIos = new();
    private readonly List<RequestIo> _allIos = [];      // every piece ever created
    private long _added;        // number of pieces

    /// <summary>Number of requests not yet answered.</summary>
    public int Count { get; private set; }

    /// <summary>Number of pieces in the device.</summary>
    public int InDevice { get; private set; }

    /// <summary>Adds a request; the caller prepares it.</summary>
    public ServerRequest Add()
    {
        Count++;
        return _freeRequests.TryPop(out var request) ? request : new ServerRequest();
    }

    /// <summary>Adds a piece to a request, which counts it.</summary>
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

    /// <summary>Called when a piece is submitted to the device.</summary>
    public void Enter(RequestIo io)
    {
        InDevice++;
        io.IsInDevice = true;
    }

    /// <summary>Called when the device has completed a piece.</summary>
    public void Leave(RequestIo io)
    {
        InDevice--;
        io.IsInDevice = false;
    }

    /// <summary>Releases a piece that no longer owns memory.</summary>
    /// <returns>True if it is the last piece of its request.</returns>
    public bool Release(RequestIo io)
    {
        var request = io.Request;
        (io.Request, io.Block, io.Memory) = (null!, default, default);
        _freeIos.Push(io);
        return --request.Pieces == 0 && request.IsBegun;
    }

    /// <summary>Releases a request without pieces.</summary>
    public void Release(ServerRequest request)
    {
        Count--;
        _freeRequests.Push(request);
    }

    /// <summary>Releases a piece of a request whose answer is not sent, its memory, and with the last piece the request.</summary>
    public void Drop(RequestIo io)
    {
        var request = io.Request;
        memory.Return(io.Block);
        if (Release(io) || (request.Pieces == 0 && request.IsAbandoned))
            Release(request);
    }

    /// <summary>A message that describes the requests in the device by the oldest of them. There must be at least one.</summary>
    public string DescribeOldest()
    {
        var inDevice = _allIos.Where(static io => io.IsInDevice).ToList();
        var request = inDevice.MinBy(static io => io.Number)!.Request;
        var requests = inDevice.Select(static io => io.Request).Distinct().Count();
        var what = request.Command == Protocol.NbdCommand.Flush ? "a flush" : $"{request.Command} of {request.Length} bytes at {request.Offset}";
        return requests == 1 ? what : $"{requests} requests, of which the oldest is {what}";
    }
}
