using System.IO.Pipelines;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;

namespace Kcopyd.Actors.Nbd.Transport;

/// <summary>A connection as pipes: in plain text, or with TLS after <see cref="EncryptAsync"/>. Used by server and client.</summary>
internal sealed class Wire
{
    // A read takes what the kernel has, up to the buffer size: many small messages at once.
    private static readonly StreamPipeReaderOptions Reading = new(bufferSize: 128 << 10, minimumReadSize: 16 << 10, leaveOpen: true);
    private static readonly StreamPipeWriterOptions Writing = new(minimumBufferSize: 64 << 10, leaveOpen: true);

    private readonly TransportConnection _connection;
    private Stream _stream;

    /// <param name="connection">The connection, which this object owns from now on.</param>
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

    /// <summary>Continues with TLS.</summary>
    /// <param name="authenticate">The handshake of either side.</param>
    /// <returns>False if the other side sent more before TLS began: an attacker on the path may have injected it, so the connection must end.</returns>
    /// <exception cref="System.Security.Authentication.AuthenticationException">The two sides do not agree.</exception>
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

    /// <summary>Closes the connection so that nothing more is sent. After an orderly close, the connection continues to send what it was given, for a quarter
    /// of an hour: an abandoned write would arrive after newer ones to the same place.</summary>
    public void Reset()
    {
        _connection.Reset();    // before the stream, which would close it in order
        Close();
    }

    /// <summary>Closes the connection immediately; unsent data is dropped.</summary>
    public ValueTask CloseAsync() => _stream.DisposeAsync();

    /// <inheritdoc cref="CloseAsync"/>
    public void Close() => _stream.Dispose();

    /// <summary>Returns true for the errors that the end of a connection causes, including an end by this side.</summary>
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
