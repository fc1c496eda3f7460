using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using Akka.Actor;
using Kcopyd.Actors.IO;
using Kcopyd.Actors.Messaging;
using Kcopyd.Actors.Nbd.Protocol;
using Kcopyd.Actors.Nbd.Transport;

namespace Kcopyd.Actors.Nbd.Client;

/// <summary>Connects to a server and negotiates with it, one attempt at a time, each within the time limit of the options.</summary>
/// <param name="uri">The export.</param>
/// <param name="options">The options.</param>
/// <param name="scheduler">Measures the time limit of an attempt; null uses the options' <see cref="NbdClientOptions.TimeProvider"/>.</param>
/// <param name="completions">Where an attempt continues whose time limit the scheduler has ended.</param>
internal sealed class NbdConnector(NbdUri uri, NbdClientOptions options, IScheduler? scheduler, Completions completions)
{
    private readonly string _server = $"The NBD server at {uri}";

    public NbdUri Uri { get; } = uri;

    public NbdClientOptions Options { get; } = options;

    /// <summary>Opens a connection that is ready for requests.</summary>
    /// <param name="beside">A connection whose server the new one must reach, too; null for the first.</param>
    /// <param name="cancellationToken">Cancels the attempt.</param>
    /// <exception cref="NbdException">No connection was opened; the message says why.</exception>
    public Task<NbdLink> OpenAsync(NbdLink? beside, CancellationToken cancellationToken) => TryAsync(beside?.EndPoint, async (transport, handshake) =>
    {
        if (beside?.Process is { } process && transport.Process != process)
            throw new NbdException(NbdFailure.Refused, $"{_server} is a different process than before; check that only one server uses the socket.");
        var terms = await handshake.AgreeAsync(Uri.Export).ConfigureAwait(false);
        if (terms.Length % terms.MinimumBlockSize is > 0 and var rest)
        {
            throw new NbdException(NbdFailure.UnsuitableExport,
                $"{_server} has {terms.Length} bytes and takes blocks of {terms.MinimumBlockSize}: the last {rest} bytes cannot be read or written. "
                + $"Give the export a size that is a multiple of {terms.MinimumBlockSize}, or a smaller minimum block.");
        }
        return beside is null || terms.Agrees(beside.Terms)
            ? new NbdLink(transport, terms, Options.MaxRequests)
            : throw new NbdException(NbdFailure.Protocol, $"{_server} describes the export differently over another connection.");
    }, cancellationToken);

    /// <summary>Returns what the server reports about one export.</summary>
    public Task<NbdExportInfo> QueryAsync(CancellationToken cancellationToken) => TryAsync(null, async (transport, handshake) =>
    {
        var terms = await handshake.AgreeAsync(Uri.Export).ConfigureAwait(false);
        new NbdLink(transport, terms, 1).Close();
        return terms.ToInfo(Uri.Export);
    }, cancellationToken);

    /// <summary>Returns what the server reports about all its exports.</summary>
    public Task<IReadOnlyList<NbdExportInfo>> ListAsync(CancellationToken cancellationToken) => TryAsync(null, static async (transport, handshake) =>
    {
        var infos = new List<NbdExportInfo>();
        var isInfoKnown = true;
        foreach (var name in await handshake.ListAsync().ConfigureAwait(false))
        {
            var terms = isInfoKnown ? await handshake.DescribeAsync(NbdOption.Info, name, new NbdTerms()).ConfigureAwait(false) : null;
            isInfoKnown = terms is not null;
            infos.Add((terms ?? new NbdTerms()).ToInfo(name));
        }
        transport.Close();
        return (IReadOnlyList<NbdExportInfo>)infos;
    }, cancellationToken);

    private async Task<T> TryAsync<T>(EndPoint? endPoint, Func<Wire, NbdHandshake, Task<T>> then, CancellationToken cancellationToken)
    {
        using var time = scheduler is null ? new CancellationTokenSource(Options.ConnectTimeout, Options.TimeProvider) : new CancellationTokenSource();
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, time.Token);
        var limit = scheduler?.LimitCancelable(Options.ConnectTimeout, time, completions);
        Wire? transport = null;
        OptionStream? options = null;
        ServerTrust? trust = null;
        try
        {
            var tls = Uri.IsTls ? TlsOf(Uri, Options) : null;
            transport = new Wire(await Options.Transport.ConnectAsync(Uri, endPoint, patience.Token).ConfigureAwait(false));
            options = new OptionStream(transport, _server, patience.Token);
            var handshake = new NbdHandshake(options);
            await handshake.GreetAsync().ConfigureAwait(false);
            if (tls is not null)
            {
                await handshake.StartTlsAsync().ConfigureAwait(false);
                trust = new ServerTrust(Uri, tls);
                if (!await transport.EncryptAsync(stream => stream.AuthenticateAsClientAsync(trust.ToOptions(), patience.Token)).ConfigureAwait(false))
                {
                    throw new NbdException(NbdFailure.Untrusted,
                        $"{_server} sent plain text after it had agreed on TLS: an attacker on the path may have injected it.");
                }
                handshake.Trust = trust;
            }
            return await then(transport, handshake).ConfigureAwait(false);
        }
        catch (Exception wrong)
        {
            transport?.Close();
            cancellationToken.ThrowIfCancellationRequested();
            // The only reply so far was in plain text.
            throw trust is not null && options!.Replies == 1 && IsEnd(wrong)
                ? trust.Explain(_server, wrong)
                : Explain(wrong, isConnected: transport is not null);
        }
        finally
        {
            limit?.Cancel();
        }
    }

    private static bool IsEnd(Exception wrong) =>
        wrong is NbdException ? wrong is NbdException { Reason: NbdFailure.Disconnected } : wrong is IOException or SocketException or AuthenticationException;

    private Exception Explain(Exception wrong, bool isConnected) => wrong switch
    {
        NbdException => wrong,
        OperationCanceledException => new NbdException(NbdFailure.TimedOut,
            $"{_server} did not answer within {Options.ConnectTimeout.TotalSeconds:0.###} s; check that it runs and that nothing on the path drops packets.",
            wrong),
        // .NET reports ENOENT like this.
        SocketException { SocketErrorCode: SocketError.AddressNotAvailable } when Uri.Socket is { } path => new NbdException(NbdFailure.Unreachable,
            $"{_server} cannot be reached: there is no socket '{ForeignText.Path(path)}'. Check that the server runs and listens there.", wrong),
        SocketException when !isConnected => new NbdException(NbdFailure.Unreachable,
            $"{_server} cannot be reached: {ForeignText.Phrase(wrong.Message)}. Check that the server runs and listens there.", wrong),
        IOException or SocketException => new NbdException(NbdFailure.Disconnected,
            $"{_server} broke the connection during the negotiation: {wrong.Message}", wrong),
        _ => wrong,
    };

    private static NbdTls TlsOf(NbdUri uri, NbdClientOptions options) =>
        options.Tls ?? (uri.TlsCertificates is null ? new NbdTls() : NbdTls.ForClient(uri.TlsCertificates));
}
