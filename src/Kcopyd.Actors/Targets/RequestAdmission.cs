using Kcopyd.Actors.Messaging;

namespace Kcopyd.Actors.Targets;

/// <summary>The active requests of a target, up to a limit, and the queue of those that wait. Used by the target's actor only.</summary>
/// <param name="maxActive">Maximum number of active requests.</param>
internal sealed class RequestAdmission<TRequest>(int maxActive)
    where TRequest : TargetRequest, IQueued<TRequest>, IMember<TRequest>
{
    private readonly LinkedSet<TRequest> _active = new();
    private LinkedQueue<TRequest> _waiting;

    /// <summary>Number of active requests.</summary>
    public int Active { get; private set; }

    /// <summary>Starts a request, or queues it.</summary>
    /// <param name="request">The request.</param>
    /// <param name="isOpen">False if no request may start now.</param>
    /// <returns>True if the request is active.</returns>
    public bool TryBegin(TRequest request, bool isOpen)
    {
        if (isOpen && Active < maxActive && _waiting.IsEmpty)
        {
            Enter(request);
            return true;
        }
        _waiting.Add(request);
        return false;
    }

    /// <summary>Starts the next queued request and returns it; null if none is queued or the limit is reached.</summary>
    public TRequest? BeginNext()
    {
        if (Active == maxActive || _waiting.Take() is not { } request)
            return null;
        Enter(request);
        return request;
    }

    public void End(TRequest request)
    {
        Active--;
        _active.Remove(request);
    }

    /// <summary>Called when the actor stops: closes all requests.</summary>
    public void Close()
    {
        for (var request = _active.First; request is not null;)
        {
            var next = request.After;
            request.Close(request.Id);
            request = next;
        }
        while (_waiting.Take() is { } request)
            request.Close(request.Id);
    }

    private void Enter(TRequest request)
    {
        Active++;
        _active.Add(request);
    }
}
