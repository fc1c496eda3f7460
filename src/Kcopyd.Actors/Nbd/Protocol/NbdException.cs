namespace Kcopyd.Actors.Nbd;

/// <summary>
/// An NBD server cannot be used, or not as requested: it is unreachable, does not speak NBD, refuses, or violates the protocol. The message names the server
/// and the remedy. I/O errors are results, not exceptions.
/// </summary>
public sealed class NbdException : IOException
{
    internal NbdException(NbdFailure reason, string message, Exception? cause = null) : base(message, cause) => Reason = reason;

    /// <summary>The reason, for callers that react to it.</summary>
    public NbdFailure Reason { get; }
}

/// <summary>Why an NBD server cannot be used.</summary>
public enum NbdFailure
{
    /// <summary>The server does not speak the protocol, or violates it.</summary>
    Protocol,
    /// <summary>No connection can be established: nothing listens there, or there is no route to it.</summary>
    Unreachable,
    /// <summary>The server does not answer within <see cref="NbdClientOptions.ConnectTimeout"/>.</summary>
    TimedOut,
    /// <summary>The server ended the connection during the negotiation.</summary>
    Disconnected,
    /// <summary>The server refuses, for example because it is shutting down or serves only other clients.</summary>
    Refused,
    /// <summary>The server has no such export.</summary>
    NoExport,
    /// <summary>The export cannot be read and written in full; see the message.</summary>
    UnsuitableExport,
    /// <summary>The server requires TLS, and the address does not begin with <c>nbds</c>.</summary>
    TlsRequired,
    /// <summary>The server has no TLS, and the address begins with <c>nbds</c>.</summary>
    TlsUnavailable,
    /// <summary>The server's certificate is not trusted. Nothing was sent to it.</summary>
    Untrusted,
    /// <summary>The server requires a client certificate, and received none or does not accept it.</summary>
    ClientCertificate,
    /// <summary>This side's certificates cannot be read, or are not valid now.</summary>
    Certificates,
}
