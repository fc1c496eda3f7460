using System.IO.Pipelines;
using System.Net.Security;

namespace Kcopyd.Actors.Nbd.Transport;

/// <summary>A client's connection as pipes: plain, or after <see cref="EncryptAsync"/> under TLS.</summary>
internal sealed class Wire
{
    // A read takes what the kernel has, up to so much: many small requests at once.
    private static readonly StreamPipeReaderOptions Reading = new(bufferSize: 128 << 10, minimumReadSize: 16 << 10, leaveOpen: true);
    private static readonly StreamPipeWriterOptions Writing = new(minimumBufferSize: 64 << 10, leaveOpen: true);

    private readonly LaneStream _socket;
    private Stream _stream;

    public Wire(LaneStream stream)
    {
        _stream = _socket = stream;
        Input = PipeReader.Create(stream, Reading);
        Output = PipeWriter.Create(stream, Writing);
    }

    public PipeReader Input { get; private set; }

    public PipeWriter Output { get; private set; }

    public bool IsEncrypted { get; private set; }

    /// <summary>Continues under TLS.</summary>
    /// <returns>Why the client is not trusted, where it must be; null if it is. It is then only told so.</returns>
    /// <exception cref="HandshakeException">The client sent more before TLS began: whatever that is, it is not to be believed.</exception>
    /// <exception cref="System.Security.Authentication.AuthenticationException">They do not agree.</exception>
    public async Task<string?> EncryptAsync(NbdTls tls)
    {
        if (Input.TryRead(out var early))
        {
            var isEmpty = early.Buffer.IsEmpty;
            Input.AdvanceTo(early.Buffer.Start);
            if (!isEmpty)
                throw new HandshakeException("it sent more in plain text behind NBD_OPT_STARTTLS");
        }
        await Input.CompleteAsync().ConfigureAwait(false);
        await Output.CompleteAsync().ConfigureAwait(false);
        var encrypted = new SslStream(_stream);
        _stream = encrypted;
        var trust = new PeerTrust(tls);
        await encrypted.AuthenticateAsServerAsync(trust.ToOptions()).ConfigureAwait(false);
        Input = PipeReader.Create(encrypted, Reading);
        Output = PipeWriter.Create(encrypted, Writing);
        IsEncrypted = true;
        return trust.Refusal;
    }

    /// <summary>As if the client had said goodbye: whoever waits for input gets what has come, and then the end.</summary>
    public void EndInput() => _socket.EndInput();

    /// <summary>Ends it, whoever waits for it.</summary>
    public void Abort() => _socket.Abort();

    /// <summary>Closes it at once; what was not sent is not.</summary>
    public ValueTask CloseAsync() => _stream.DisposeAsync();
}

/// <summary>A client that cannot be served any further, and why.</summary>
internal class HandshakeException(string message) : Exception(message);

/// <summary>A client without a certificate that is trusted here.</summary>
internal sealed class UntrustedClientException(string message) : HandshakeException(message);
