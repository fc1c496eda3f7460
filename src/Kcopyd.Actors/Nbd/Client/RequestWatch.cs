namespace Kcopyd.Actors.Nbd.Client;

/// <summary>
/// Detects that the server does not answer the oldest request of its kind on a connection. Time is counted in ticks, so that no request reads a clock.
/// </summary>
/// <remarks>A request that waits for a slow network must not look like one that the server has forgotten. When a request becomes the oldest, those in flight at
/// that moment may be answered before it, with all of their data; activity of any of them restarts its time. Activity of later ones that overtake it does
/// not.</remarks>
/// <param name="patience">Ticks without such activity.</param>
internal sealed class RequestWatch(int patience)
{
    private long _oldest;       // number of the watched request; 0 if there is none
    private long _beside;       // requests with numbers up to this may be answered before it
    private int _quiet;         // ticks without activity

    /// <summary>Counts a tick.</summary>
    /// <param name="oldest">The number of the oldest waiting request; 0 if none waits.</param>
    /// <param name="latest">The number of the latest request that was sent.</param>
    /// <param name="active">The smallest number of the requests with activity since the last tick.</param>
    /// <returns>True if the oldest request has waited too long.</returns>
    public bool Tick(long oldest, long latest, long active)
    {
        if (oldest != _oldest)
            (_oldest, _beside, _quiet) = (oldest, latest, 0);
        else if (oldest != 0)
            _quiet = active <= _beside ? 0 : _quiet + 1;
        return _quiet >= patience;
    }
}
