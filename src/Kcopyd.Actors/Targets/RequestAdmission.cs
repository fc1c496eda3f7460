using Kcopyd.Actors.Messaging;

namespace Kcopyd.Actors.Targets;

/// <summary>The requests of a target that are at work, up to a bound, and those that wait in order. Used by the target's actor only.</summary>
/// <param name="maxActive">How many may be at work.</param>
internal sealed class RequestAdmission<TRequest>(int maxActive)
    where TRequest : TargetRequest, IQueued<TRequest>, IMember<TRequest>
{
    private readonly LinkedSet<TRequest> _atWork = new();
    private LinkedQueue<TRequest> _waiting;

    /// <summary>How many are at work.</summary>
    public int Active { get; private set; }

    /// <summary>A request that is at work from now on, or waits.</summary>
    /// <param name="request">The request.</param>
    /// <param name="isOpen">False if none may begin now.</param>
    /// <returns>True if it is at work.</returns>
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

    /// <summary>The next of those that wait, which is at work from now on; null if none waits, or there is no room.</summary>
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
        _atWork.Remove(request);
    }

    /// <summary>The actor stops: all are told so.</summary>
    public void Close()
    {
        for (var request = _atWork.First; request is not null;)
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
        _atWork.Add(request);
    }
}
