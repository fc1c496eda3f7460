using System.IO.Pipelines;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;

namespace Kcopyd.Actors.Nbd.Transport;

/// <summary>A connection as pipes: plain, or after <see cref="EncryptAsync"/> under TLS. Of a server and of a client.</summary>
internal sealed class Wire
{
    // A read takes what the kernel has, up to so much: many small messages at once.
    private static readonly StreamPipeReaderOptions Reading = new(bufferSize: 128 << 10, minimumReadSize: 16 << 10, leaveOpen: true);
    private static readonly StreamPipeWriterOptions Writing = new(minimumBufferSize: 64 << 10, leaveOpen: true);

    private readonly TransportConnection _connection;
    private Stream _stream;

    /// <param name="connection">Owned from now on.</param>
    public Wire(TransportConnection connection)
    {
        _connection = connection;
        _stream = connection.Stream;
        (Input, Output) = (PipeReader.Create(_stream, Reading), PipeWriter.Create(_stream, Writing));
    }

    public PipeReader Input { get; private set; }

    public PipeWriter Output { get; private set; }

    public bool IsEncrypted { get; private set; }

    /// <inheritdoc cref="TransportConnection.EndPoint"/>
    public EndPoint? EndPoint => _connection.EndPoint;

    /// <inheritdoc cref="TransportConnection.Process"/>
    public int? Process => _connection.Process;

    /// <summary>Continues under TLS.</summary>
    /// <param name="authenticate">The handshake, of either side.</param>
    /// <returns>False if the other side has sent more before TLS began: anybody on the way can have put it there, so the connection must end.</returns>
    /// <exception cref="System.Security.Authentication.AuthenticationException">They do not agree.</exception>
    public async Task<bool> EncryptAsync(Func<SslStream, Task> authenticate)
    {
        if (HasInput())
            return false;
        await Input.CompleteAsync().ConfigureAwait(false);
        await Output.CompleteAsync().ConfigureAwait(false);
        var encrypted = new SslStream(_stream, leaveInnerStreamOpen: false);
        _stream = encrypted;
        await authenticate(encrypted).ConfigureAwait(false);
        (Input, Output) = (PipeReader.Create(encrypted, Reading), PipeWriter.Create(encrypted, Writing));
        return IsEncrypted = true;
    }

    /// <inheritdoc cref="TransportConnection.EndInput"/>
    public void EndInput() => _connection.EndInput();

    /// <inheritdoc cref="TransportConnection.Shutdown"/>
    public void Shutdown() => _connection.Shutdown();

    /// <summary>Closes it so that nothing is sent any more. A connection that is closed in order continues to send what it was given, for a quarter of an hour:
    /// a write that has been given up would come behind newer ones to the same place.</summary>
    public void Reset()
    {
        _connection.Reset();    // before the stream, which would end it in order
        Close();
    }

    /// <summary>Closes it at once; what was not sent is not.</summary>
    public ValueTask CloseAsync() => _stream.DisposeAsync();

    /// <inheritdoc cref="CloseAsync"/>
    public void Close() => _stream.Dispose();

    /// <summary>True for the errors that the end of a connection has, this side's included.</summary>
    public static bool IsLoss(Exception exception) =>
        exception is IOException or SocketException or ObjectDisposedException or OperationCanceledException or InvalidOperationException;

    private bool HasInput()
    {
        if (!Input.TryRead(out var early))
            return false;
        var isEmpty = early.Buffer.IsEmpty;
        Input.AdvanceTo(early.Buffer.Start);
        return !isEmpty;
    }
}
