using Akka.Actor;
using Kcopyd.Actors.Jobs;

namespace Kcopyd.Actors.Client;

/// <summary>
/// Requests that carry an id, and their outcomes: a requester that asks again, because an answer was lost or because it was restarted, gets the result of the
/// same job. Only the most recent results are kept. Used by the client actor only.
/// </summary>
internal sealed class RequestLog(int capacity)
{
    private readonly Dictionary<string, Request> _requests = new(StringComparer.Ordinal);
    private readonly Queue<string> _done = new();

    public bool TryGet(string id, out Request request) => _requests.TryGetValue(id, out request!);

    /// <summary>A request was admitted as a job.</summary>
    public void Add(Request request, long jobId, IActorRef requester)
    {
        request.JobId = jobId;
        request.Requesters.Add(requester);
        _requests.Add(request.Id, request);
    }

    /// <summary>The request's job is done.</summary>
    public void Done(Request request, CopyResult result)
    {
        request.Result = result;
        request.Requesters.Clear();
        _done.Enqueue(request.Id);
        while (_done.Count > capacity)
            _requests.Remove(_done.Dequeue());
    }
}

/// <summary>A request, and the actors waiting for its result. It is the notification target of its job.</summary>
internal sealed class Request(string id) : INotifyTarget
{
    public string Id { get; } = id;

    public long JobId { get; set; }

    /// <summary>In the order in which they asked, each once.</summary>
    public List<IActorRef> Requesters { get; } = [];

    /// <summary>Null while the job is waiting or running.</summary>
    public CopyResult? Result { get; set; }

    /// <summary>Called with the result after every waiting actor has been notified.</summary>
    public Action<Request, CopyResult>? Completed { get; set; }

    public void Notify(CopyResult result)
    {
        foreach (var requester in Requesters)
            Notification.Tell(requester, result);
        Completed?.Invoke(this, result);
    }
}
