namespace Kcopyd.Actors.Nbd;

/// <summary>
/// An NBD server cannot be used, or not so: it is not there, it does not speak NBD, it refuses, or it breaks the protocol. The message names the
/// server and the remedy. Errors of I/O are results, not exceptions.
/// </summary>
public sealed class NbdException : IOException
{
    internal NbdException(NbdFailure reason, string message, Exception? cause = null) : base(message, cause) => Reason = reason;

    /// <summary>What is wrong, for callers that react to it.</summary>
    public NbdFailure Reason { get; }
}

/// <summary>Why an NBD server cannot be used.</summary>
public enum NbdFailure
{
    /// <summary>It does not speak the protocol, or not as it should.</summary>
    Protocol,
    /// <summary>No connection is made: nothing listens there, or there is no way to it.</summary>
    Unreachable,
    /// <summary>It does not answer within <see cref="NbdClientOptions.ConnectTimeout"/>.</summary>
    TimedOut,
    /// <summary>It ended the connection in the negotiation.</summary>
    Disconnected,
    /// <summary>It refuses, as one that is shutting down does, or one that serves others only.</summary>
    Refused,
    /// <summary>It has no such export.</summary>
    NoExport,
    /// <summary>The export cannot be read and written whole: see the message.</summary>
    UnsuitableExport,
    /// <summary>It demands TLS, and the address does not begin with <c>nbds</c>.</summary>
    TlsRequired,
    /// <summary>It has no TLS, and the address begins with <c>nbds</c>.</summary>
    TlsUnavailable,
    /// <summary>Its certificate is not trusted. Nothing was sent to it.</summary>
    Untrusted,
    /// <summary>It wants a certificate of the client, and got none or does not accept it.</summary>
    ClientCertificate,
    /// <summary>The certificates of this side cannot be read, or are not valid now.</summary>
    Certificates,
}
