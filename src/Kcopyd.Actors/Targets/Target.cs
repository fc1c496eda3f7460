using Kcopyd.Actors.Messaging;

namespace Kcopyd.Actors.Targets;

/// <summary>What the handles of a device (any thread) and the actor that serves it share: the way to the actor, and the requests that wait for their next use.
/// Holds no state of any request.</summary>
internal abstract class Target<TRequest>(Elsewhere elsewhere) : Recipient(elsewhere)
    where TRequest : TargetRequest
{
    private const int MaxFree = 1024;

    private readonly Lock _recycling = new();
    private readonly Stack<TRequest> _free = new();

    /// <summary>A request that nobody uses.</summary>
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
