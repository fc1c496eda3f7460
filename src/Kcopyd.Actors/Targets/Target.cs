using Kcopyd.Actors.Messaging;

namespace Kcopyd.Actors.Targets;

/// <summary>State shared by the handles of a device (any thread) and the actor that serves it: the reference to the actor, and the pool of recycled requests.
/// Holds no state of any request.</summary>
internal abstract class Target<TRequest>(Elsewhere elsewhere) : Recipient(elsewhere)
    where TRequest : TargetRequest
{
    private const int MaxFree = 1024;

    private readonly Lock _recycling = new();
    private readonly Stack<TRequest> _free = new();

    /// <summary>Takes a request from the pool, or creates one.</summary>
    public TRequest Take()
    {
        TRequest? request;
        lock (_recycling)
            _free.TryPop(out request);
        return request ?? Create();
    }

    public void Recycle(TRequest request)
    {
        lock (_recycling)
        {
            if (_free.Count < MaxFree)
                _free.Push(request);
        }
    }

    protected abstract TRequest Create();
}
