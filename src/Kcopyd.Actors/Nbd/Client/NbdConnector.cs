using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using Kcopyd.Actors.Nbd.Protocol;

namespace Kcopyd.Actors.Nbd.Client;

/// <summary>One try to connect and to agree, within the time that the options give.</summary>
internal static class NbdConnector
{
    /// <summary>A connection that is ready for requests.</summary>
    /// <param name="uri">The export.</param>
    /// <param name="options">How it is used.</param>
    /// <param name="beside">A connection that the new one must lead to the same place as; null for the first.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="NbdException">There is none; the message says why.</exception>
    public static Task<NbdLink> OpenAsync(NbdUri uri, NbdClientOptions options, NbdLink? beside, CancellationToken cancellationToken) =>
        TryAsync(uri, options, beside?.EndPoint, async (transport, handshake) =>
        {
            if (beside?.Process is { } process && transport.Process != process)
                throw new NbdException($"Another process than before listens at {uri}; see that one server has the socket.");
            var terms = await handshake.AgreeAsync(uri.Export).ConfigureAwait(false);
            return beside is null || terms.Agrees(beside.Terms)
                ? new NbdLink(transport, terms, options.MaxRequests)
                : throw new NbdException($"The NBD server at {uri} says something else of the export over another connection.");
        }, cancellationToken);

    /// <summary>What the server says of one export.</summary>
    public static Task<NbdExportInfo> QueryAsync(NbdUri uri, NbdClientOptions options, CancellationToken cancellationToken) =>
        TryAsync(uri, options, null, async (transport, handshake) =>
        {
            var terms = await handshake.AgreeAsync(uri.Export).ConfigureAwait(false);
            Leave(transport, terms);
            return terms.ToInfo(uri.Export);
        }, cancellationToken);

    /// <summary>What the server says of all its exports.</summary>
    public static Task<IReadOnlyList<NbdExportInfo>> ListAsync(NbdUri uri, NbdClientOptions options, CancellationToken cancellationToken) =>
        TryAsync(uri, options, null, static async (transport, handshake) =>
        {
            var infos = new List<NbdExportInfo>();
            var isInfoKnown = true;
            foreach (var name in await handshake.ListAsync().ConfigureAwait(false))
            {
                var terms = isInfoKnown ? await handshake.DescribeAsync(NbdOption.Info, name, new NbdTerms()).ConfigureAwait(false) : null;
                isInfoKnown = terms is not null;
                infos.Add((terms ?? new NbdTerms()).ToInfo(name));
            }
            transport.Dispose();
            return (IReadOnlyList<NbdExportInfo>)infos;
        }, cancellationToken);

    private static void Leave(NbdTransport transport, NbdTerms terms)
    {
        var link = new NbdLink(transport, terms, 1);
        link.SayGoodbye();
        link.Break("all is known");
    }

    private static async Task<T> TryAsync<T>(NbdUri uri, NbdClientOptions options, EndPoint? endPoint, Func<NbdTransport, NbdHandshake, Task<T>> then, CancellationToken cancellationToken)
    {
        var server = $"The NBD server at {uri}";
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(options.ConnectTimeout);
        NbdTransport? transport = null;
        try
        {
            var tls = uri.IsTls ? TlsOf(uri, options) : null;
            transport = await NbdTransport.ConnectAsync(uri, endPoint, patience.Token).ConfigureAwait(false);
            var handshake = new NbdHandshake(new OptionStream(transport, server, patience.Token));
            await handshake.GreetAsync().ConfigureAwait(false);
            if (tls is not null)
            {
                await handshake.StartTlsAsync().ConfigureAwait(false);
                await transport.SecureAsync(tls.ToClientOptions(uri.TlsHostname ?? uri.Host ?? "localhost"), server, patience.Token).ConfigureAwait(false);
            }
            return await then(transport, handshake).ConfigureAwait(false);
        }
        catch (Exception wrong)
        {
            transport?.Dispose();
            cancellationToken.ThrowIfCancellationRequested();
            throw wrong switch
            {
                NbdException => wrong,
                OperationCanceledException => new NbdException($"{server} did not answer within {options.ConnectTimeout.TotalSeconds:0.###} s; see that it runs and that nothing on the way drops what is sent.", wrong),
                AuthenticationException => new NbdException($"{server} could not be trusted, so nothing was sent to it: {wrong.Message} See that its certificate is of an authority in tls-certificates=FOLDER and has the name '{uri.TlsHostname ?? uri.Host ?? "localhost"}', or give tls-hostname=NAME.", wrong),
                SocketException when uri.Socket is { } path && !Path.Exists(path) => new NbdException($"{server} is not there: there is no socket '{path}'. See that it runs and listens there.", wrong),
                SocketException refused when transport is null => new NbdException($"{server} cannot be reached: {refused.Message}. See that it runs and listens there.", wrong),
                IOException or SocketException => new NbdException($"{server} broke the connection in the negotiation: {wrong.Message}", wrong),
                _ => wrong,
            };
        }
    }

    private static NbdTls TlsOf(NbdUri uri, NbdClientOptions options)
    {
        try
        {
            return options.Tls ?? (uri.TlsCertificates is null ? new NbdTls() : NbdTls.ForClient(uri.TlsCertificates));
        }
        catch (ArgumentException wrong)
        {
            throw new NbdException(wrong.Message, wrong);
        }
    }
}
