using Akka.Event;
using Kcopyd.Actors.Messaging;

namespace Kcopyd.Actors.Nbd.Client;

/// <summary>
/// The connections of a session, and those that have ended while something was still on its way to or from their sockets. Used by the device's actor only.
/// </summary>
internal sealed class NbdConnections(ILoggingAdapter log, string name)
{
    private readonly List<NbdLink> _live = [];
    private readonly List<NbdLink> _ending = [];

    /// <summary>Requests that were answered, for the owner to take.</summary>
    public LinkedQueue<NbdRequest> Answered;

    /// <summary>Requests that were in flight on a connection that is lost, for the owner to take.</summary>
    public LinkedQueue<NbdRequest> Unanswered;

    /// <summary>Connections of the session; with the last of them the session is lost.</summary>
    public int Count => _live.Count;

    /// <summary>One of them; null if there is none.</summary>
    public NbdLink? First => _live.Count == 0 ? null : _live[0];

    /// <summary>Requests that wait for an answer.</summary>
    public int InFlight
    {
        get
        {
            var count = 0;
            foreach (var link in _live)
                count += link.InFlight;
            return count;
        }
    }

    /// <summary>True if there is nothing left of any connection.</summary>
    public bool AreGone => _live.Count == 0 && _ending.Count == 0;

    /// <summary>Why the last connection that was lost was lost.</summary>
    public string Loss { get; private set; } = "";

    /// <summary>True if the server has answered over each of them.</summary>
    public bool HaveAnswered => _live.TrueForAll(static link => link.HasAnswered);

    public bool HaveMap => _live.TrueForAll(static link => link.Terms.Allocation is not null);

    public void Add(NbdLink link)
    {
        _live.Add(link);
        link.Read();
    }

    /// <summary>The least loaded connection that has room; null if there is none.</summary>
    public NbdLink? Free()
    {
        NbdLink? free = null;
        foreach (var link in _live)
        {
            if (link.HasRoom && (free is null || link.InFlight < free.InFlight))
                free = link;
        }
        return free;
    }

    /// <summary>Sends what is encoded.</summary>
    public void Flush()
    {
        foreach (var link in _live)
            link.Flush();
    }

    /// <summary>Takes from the connections what became of their requests, and drops those that are lost.</summary>
    /// <returns>True if there was something.</returns>
    public bool Collect()
    {
        var isAny = false;
        for (var i = _live.Count - 1; i >= 0; i--)
        {
            var link = _live[i];
            isAny |= TakeFrom(link);
            if (!link.IsBroken)
                continue;
            isAny = true;
            Loss = link.Loss!;
            log.Info("{0}: a connection has ended: {1}", name, Loss);
            _live.RemoveAt(i);
            _ending.Add(link);
        }
        for (var i = _ending.Count - 1; i >= 0; i--)
        {
            var link = _ending[i];
            isAny |= TakeFrom(link);
            if (!link.IsQuiet)
                continue;
            _ending.RemoveAt(i);
            link.Release();
        }
        return isAny;
    }

    /// <summary>Ends them all.</summary>
    public void Break(string reason)
    {
        foreach (var link in _live)
            link.Break(reason);
    }

    /// <summary>Ends them all, in order where nothing is in flight.</summary>
    public void Close()
    {
        foreach (var link in _live)
            link.Close();
    }

    /// <summary>Ends those over which a request has waited too long.</summary>
    public void Tick(TimeSpan timeout)
    {
        foreach (var link in _live)
            link.Tick(timeout);
    }

    /// <summary>The actor is gone.</summary>
    public void Abandon()
    {
        Close();
        while ((Answered.Take() ?? Unanswered.Take()) is { } request)
            request.Close(request.Id);
        foreach (var link in _live.Concat(_ending))
            link.Abandon();
    }

    private bool TakeFrom(NbdLink link)
    {
        var isAny = link.Answered.First is not null || link.Unanswered.First is not null;
        Answered.Append(ref link.Answered);
        Unanswered.Append(ref link.Unanswered);
        return isAny;
    }
}
