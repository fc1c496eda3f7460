using System.IO.Pipelines;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using Kcopyd.Actors.Nbd.Protocol;

namespace Kcopyd.Actors.Nbd.Transport;

/// <summary>A connected stream and the pipes over it. Closing it ends what is on its way.</summary>
internal sealed class NbdTransport : IDisposable
{
    private static readonly StreamPipeReaderOptions Reading = new(bufferSize: 128 << 10, minimumReadSize: 16 << 10, leaveOpen: true);
    private static readonly StreamPipeWriterOptions Writing = new(minimumBufferSize: 64 << 10, leaveOpen: true);

    private const int SolSocket = 1, SoPeerCred = 17;      // of Linux

    private readonly Socket? _socket;
    private Stream _stream;

    public NbdTransport(Stream stream)
    {
        _stream = stream;
        (Input, Output) = (PipeReader.Create(stream, Reading), PipeWriter.Create(stream, Writing));
    }

    public PipeReader Input { get; private set; }

    public PipeWriter Output { get; private set; }

    private NbdTransport(Socket socket) : this(new NetworkStream(socket, ownsSocket: true)) => _socket = socket;

    /// <summary>Where a connection over TCP leads to; null for others.</summary>
    public EndPoint? EndPoint { get; private init; }

    /// <summary>The process that listens on a unix socket; null where that is not known.</summary>
    public int? Process { get; private init; }

    /// <param name="uri">The server.</param>
    /// <param name="endPoint">The one of the host's addresses to use; null takes the first that answers.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task<NbdTransport> ConnectAsync(NbdUri uri, EndPoint? endPoint, CancellationToken cancellationToken)
    {
        var socket = uri.Socket is null
            ? new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true }
            : new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            if (uri.Socket is null)
            {
                NoticeLoss(socket);
                if (endPoint is null)
                    await socket.ConnectAsync(uri.Host!, uri.Port, cancellationToken).ConfigureAwait(false);
                else
                    await socket.ConnectAsync(endPoint, cancellationToken).ConfigureAwait(false);
            }
            else
            {
                await socket.ConnectAsync(new UnixSocketEndPoint(uri.Socket), cancellationToken).ConfigureAwait(false);
            }
            return new NbdTransport(socket)
            {
                EndPoint = uri.Socket is null ? socket.RemoteEndPoint : null,
                Process = uri.Socket is null ? null : ProcessOf(socket),
            };
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Goes on under TLS. What was read before and not used would be plain text that anybody on the way can have put there: it ends the connection.</summary>
    /// <exception cref="NbdException">There was such text.</exception>
    public async Task SecureAsync(SslClientAuthenticationOptions options, string server, CancellationToken cancellationToken)
    {
        if (Input.TryRead(out var early) && !early.Buffer.IsEmpty)
            throw new NbdException(NbdFailure.Untrusted, $"{server} sent plain text after it had agreed on TLS: somebody on the way may have put it there.");
        await Input.CompleteAsync().ConfigureAwait(false);
        await Output.CompleteAsync().ConfigureAwait(false);
        var secure = new SslStream(_stream, leaveInnerStreamOpen: false);
        _stream = secure;
        await secure.AuthenticateAsClientAsync(options, cancellationToken).ConfigureAwait(false);
        (Input, Output) = (PipeReader.Create(secure, Reading), PipeWriter.Create(secure, Writing));
    }

    /// <summary>Closes it so that nothing is sent any more. A connection that is closed in order continues to send what it was given, for a quarter of an hour:
    /// a write that has been given up would come behind newer ones to the same place.</summary>
    public void Abort()
    {
        try
        {
            if (_socket is { ProtocolType: ProtocolType.Tcp })
                _socket.LingerState = new LingerOption(true, 0);
        }
        catch (Exception gone) when (gone is SocketException or ObjectDisposedException)
        {
            // It is closed already.
        }
        _socket?.Dispose();     // before the stream, which would end it in order
        Dispose();
    }

    public void Dispose() => _stream.Dispose();

    /// <summary>True for the errors that the end of a connection has, this side's included.</summary>
    public static bool IsLoss(Exception exception) =>
        exception is IOException or SocketException or ObjectDisposedException or OperationCanceledException or InvalidOperationException;

    private static int? ProcessOf(Socket socket)
    {
        Span<byte> credentials = stackalloc byte[12];       // pid, uid, gid
        var length = OperatingSystem.IsLinux() ? socket.GetRawSocketOption(SolSocket, SoPeerCred, credentials) : 0;
        return length == credentials.Length && BitConverter.ToInt32(credentials) is > 0 and var pid ? pid : null;
    }

    // A server that vanishes without a word is noticed after half a minute, busy or idle, and not after the quarter of an hour that is TCP's own.
    private static void NoticeLoss(Socket socket)
    {
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, 15);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, 5);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, 3);
        if (OperatingSystem.IsLinux())
            socket.SetRawSocketOption(6, 18, BitConverter.GetBytes(30_000));        // IPPROTO_TCP, TCP_USER_TIMEOUT: milliseconds
    }
}
