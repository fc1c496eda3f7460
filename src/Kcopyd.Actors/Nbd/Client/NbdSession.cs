using Kcopyd.Actors.Nbd.Protocol;

namespace Kcopyd.Actors.Nbd.Client;

/// <summary>
/// Opens the connections of a session, all before the first request is sent on any of them.
/// </summary>
/// <remarks>That is how it is known that they lead to one process of the server, whose cache holds what was written by any of them: a connection that
/// is lost is not replaced while another one lives, because the new one may lead to the server's next life.</remarks>
internal static class NbdSession
{
    /// <exception cref="NbdException">There is not even one.</exception>
    public static async Task<List<NbdLink>> OpenAsync(NbdUri uri, NbdClientOptions options, CancellationToken cancellationToken)
    {
        var first = await NbdConnector.OpenAsync(uri, options, cancellationToken).ConfigureAwait(false);
        List<NbdLink> links = [first];
        if (!first.Terms.Has(TransmissionFlags.CanMultiConn) || options.Connections == 1)
            return links;
        var others = await Task.WhenAll(Enumerable.Range(1, options.Connections - 1).Select(_ => TryAsync(uri, options, cancellationToken))).ConfigureAwait(false);
        foreach (var other in others)
        {
            if (other is null)
                continue;
            if (other.Terms == first.Terms)
                links.Add(other);
            else
                other.Break("it agreed on something else than the first");
        }
        if (!cancellationToken.IsCancellationRequested)
            return links;
        links.ForEach(static link => link.Break("it is not used"));
        throw new OperationCanceledException(cancellationToken);
    }

    // A server may have enough of one client: then there are fewer.
    private static async Task<NbdLink?> TryAsync(NbdUri uri, NbdClientOptions options, CancellationToken cancellationToken)
    {
        try
        {
            return await NbdConnector.OpenAsync(uri, options, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception refused) when (refused is NbdException or OperationCanceledException)
        {
            return null;
        }
    }
}
