namespace Kcopyd.Actors.Nbd.Client;

/// <summary>
/// Notices that the server does not answer the oldest request of its kind on a connection. Time comes as ticks, so that nothing reads a clock for a request.
/// </summary>
/// <remarks>A request that waits for a slow network must not look like one that the server has forgotten. When a request becomes the oldest, those that are in
/// flight then may be answered before it, with all of their data; a sign of life of any of them begins its time anew. Later ones that overtake it do
/// not.</remarks>
/// <param name="patience">Ticks without such a sign.</param>
internal sealed class RequestWatch(int patience)
{
    private long _oldest;       // number of the request that is watched; 0 if there is none
    private long _beside;       // those with numbers up to this may be answered before it
    private int _quiet;         // ticks

    /// <summary>A tick.</summary>
    /// <param name="oldest">The number of the oldest request that waits; 0 if none does.</param>
    /// <param name="latest">The number of the latest that was sent.</param>
    /// <param name="heard">The smallest number of those of which something was heard since the last tick.</param>
    /// <returns>True if the oldest has waited too long.</returns>
    public bool Tick(long oldest, long latest, long heard)
    {
        if (oldest != _oldest)
            (_oldest, _beside, _quiet) = (oldest, latest, 0);
        else if (oldest != 0)
            _quiet = heard <= _beside ? 0 : _quiet + 1;
        return _quiet >= patience;
    }
}
