using Akka.Event;
using Kcopyd.Actors.Messaging;

namespace Kcopyd.Actors.Nbd.Client;

/// <summary>
/// The connections of a session, and ended connections whose sockets still have I/O pending. Used by the device's actor only.
/// </summary>
internal sealed class NbdConnections(ILoggingAdapter log, string name)
{
    private readonly List<NbdLink> _live = [];
    private readonly List<NbdLink> _ending = [];

    /// <summary>Requests that were answered, for the owner to take.</summary>
    public LinkedQueue<NbdRequest> Answered;

    /// <summary>Requests that were in flight on a lost connection, for the owner to take.</summary>
    public LinkedQueue<NbdRequest> Unanswered;

    /// <summary>Number of connections of the session; the loss of the last one is the loss of the session.</summary>
    public int Count => _live.Count;

    /// <summary>One of the connections; null if there is none.</summary>
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

    /// <summary>True if no connection is left, not even an ended one.</summary>
    public bool AreGone => _live.Count == 0 && _ending.Count == 0;

    /// <summary>Why the most recently lost connection was lost.</summary>
    public string Loss { get; private set; } = "";

    /// <summary>True if the server has answered over each connection.</summary>
    public bool HaveAnswered => _live.TrueForAll(static link => link.HasAnswered);

    public bool HaveMap => _live.TrueForAll(static link => link.Terms.Allocation is not null);

    public void Add(NbdLink link)
    {
        _live.Add(link);
        link.Read();
    }

    /// <summary>Returns the least loaded connection that has room; null if there is none.</summary>
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

    /// <summary>Collects the finished requests of the connections, and drops lost connections.</summary>
    /// <returns>True if anything changed.</returns>
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

    /// <summary>Breaks all connections.</summary>
    public void Break(string reason)
    {
        foreach (var link in _live)
            link.Break(reason);
    }

    /// <summary>Closes all connections, orderly if nothing is in flight.</summary>
    public void Close()
    {
        foreach (var link in _live)
            link.Close();
    }

    /// <summary>Ends the connections over which a request has waited too long.</summary>
    public void Tick(TimeSpan timeout)
    {
        foreach (var link in _live)
            link.Tick(timeout);
    }

    /// <summary>Ends everything after the actor is gone.</summary>
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
